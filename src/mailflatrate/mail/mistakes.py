"""What an author can get wrong in a mailing's source, in the words of both languages.

Libraries say what they found in English of their own; the usual sentences are known here, and what is not comes
through as they said it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable

from mailflatrate.mail.source_errors import NOWHERE, SourceError, SourceRefused, Spoken

# code: English, German; the facts fill the braces in their order.
SENTENCES: dict[str, tuple[str, str]] = {
    "not-ours": (
        "the frozen content of this mailing was not written by this service; release it anew",
        "den eingefrorenen Inhalt dieses Mailings hat nicht dieser Dienst geschrieben; geben Sie es erneut frei",
    ),
    "no-variable": ("there is no variable {0}", "die Variable {0} gibt es nicht"),
    "known-later": ("{0} names a field that is only known later", "{0} nennt ein Feld, das erst später feststeht"),
    "no-filter": ("there is no filter {0}", "den Filter {0} gibt es nicht"),
    "only-in-loop": ("{0} belongs inside a for loop", "{0} gehört in eine for-Schleife"),
    "tag-missing": ("the tag {0} is missing", "das Tag {0} fehlt"),
    "no-tag": ("unexpected tag '{0}'", "das Tag „{0}“ gibt es nicht, oder es steht am falschen Ort"),
    "braces-missing": ("{0} is missing", "{0} fehlt"),
    "value-missing": ("a value is missing in this tag", "in diesem Tag fehlt ein Wert"),
    "quote-open": (
        "a quotation mark is not closed, or stands where it does not belong",
        "ein Anführungszeichen ist nicht geschlossen oder steht am falschen Ort",
    ),
    "character": ("the character {0} does not belong here", "das Zeichen {0} gehört nicht hierher"),
    "expected": ("expected {0}, found {1}", "erwartet: {0}; gefunden: {1}"),
    "field-missing": ("the name of a field is missing", "der Name eines Feldes fehlt"),
    "comment-open": ("the comment is never closed", "der Kommentar wird nie geschlossen"),
    "tag-nameless": ("a Liquid tag has no name", "ein Liquid-Tag hat keinen Namen"),
    "mark-too-long": (
        "this Liquid tag is longer than {0} characters; split it into several",
        "dieses Liquid-Tag ist länger als {0} Zeichen; teilen Sie es auf mehrere auf",
    ),
    "mark-too-involved": (
        "this Liquid tag has too many conditions or brackets; split it into several",
        "dieses Liquid-Tag hat zu viele Bedingungen oder Klammern; teilen Sie es auf mehrere auf",
    ),
    "too-many-marks": (
        "there are more than {0} Liquid tags; remove some", "es sind mehr als {0} Liquid-Tags; entfernen Sie einige",
    ),
    "liquid-too-deep": (
        "the Liquid is nested too deeply; make its conditions simpler",
        "das Liquid ist zu tief verschachtelt; vereinfachen Sie die Bedingungen",
    ),
    "too-long": (
        "the content is larger than {0} kB; shorten it, and upload pictures instead of embedding them",
        "der Inhalt ist größer als {0} kB; kürzen Sie ihn, und laden Sie Bilder hoch, statt sie einzubetten",
    ),
    "becomes-too-long": (
        "the finished message would be larger than {0} kB; shorten the content or its style sheets",
        "die fertige E-Mail wäre größer als {0} kB; kürzen Sie den Inhalt oder seine Stylesheets",
    ),
    "too-many-links": (
        "there are more than {0} different links; remove some", "es sind mehr als {0} verschiedene Links; entfernen "
        "Sie einige",
    ),
    "too-many-elements": (
        "the message has more than {0} elements; shorten it, or send it as two",
        "die E-Mail hat mehr als {0} Elemente; kürzen Sie sie, oder verschicken Sie zwei",
    ),
    "too-much-css": (
        "the style sheets are too much work for {0} elements; keep to {1} selectors, of which :has(), ~ and "
        "nested :not() or :is() count several times, or write styles into the elements",
        "die Stylesheets machen bei {0} Elementen zu viel Arbeit; bleiben Sie bei {1} Selektoren, wobei :has(), ~ und "
        "verschachteltes :not() oder :is() mehrfach zählen, oder schreiben Sie Stile in die Elemente",
    ),
    "too-many-cells": (
        "the tables have more than {0} cells; remove columns or rows, or link to the whole table",
        "die Tabellen haben mehr als {0} Zellen; entfernen Sie Spalten oder Zeilen, oder verlinken Sie die ganze "
        "Tabelle",
    ),
    "takes-too-long": (
        "checking this content takes too long; remove repeated or deeply nested parts",
        "die Prüfung dieses Inhalts dauert zu lange; entfernen Sie wiederholte oder tief verschachtelte Teile",
    ),
    "compiler-stopped": (
        "this content needs more memory than there is for one campaign; remove repeated or deeply nested parts",
        "dieser Inhalt braucht mehr Speicher, als es für ein Mailing gibt; entfernen Sie wiederholte oder tief "
        "verschachtelte Teile",
    ),
    "compiler-busy": (
        "too many campaigns are being checked at the moment; try again in a few seconds",
        "gerade werden zu viele Mailings geprüft; versuchen Sie es in ein paar Sekunden noch einmal",
    ),
    "markup-comment-open": (
        "the comment <!-- is never closed; add --> at its end",
        "der Kommentar <!-- wird nie geschlossen; setzen Sie --> an sein Ende",
    ),
    "markup-tag-open": (
        "the tag <{0} is never closed; add the missing > or quotation mark",
        "das Tag <{0} wird nie geschlossen; ergänzen Sie das fehlende > oder Anführungszeichen",
    ),
    "element-open": ("<{0}> is never closed; add </{0}>", "<{0}> wird nie geschlossen; ergänzen Sie </{0}>"),
    "too-many-attributes": (
        "this tag has more than {0} attributes; remove some",
        "dieses Tag hat mehr als {0} Attribute; entfernen Sie einige",
    ),
    "no-frames": (
        "a message cannot consist of frames; replace <frameset> with <body>",
        "eine E-Mail kann nicht aus Frames bestehen; ersetzen Sie <frameset> durch <body>",
    ),
    "no-body": (
        "the message has no body that can be read; put the content between <body> and </body>",
        "die E-Mail hat keinen lesbaren body; setzen Sie den Inhalt zwischen <body> und </body>",
    ),
    "else-if": ("write elsif instead of else if", "schreiben Sie elsif statt else if"),
    "liquid-unreadable": ("this Liquid cannot be read: {0}", "dieses Liquid lässt sich nicht lesen: {0}"),
    "liquid-crosses-body": (
        "a Liquid condition or loop must begin and end inside the body",
        "eine Bedingung oder Schleife in Liquid muss innerhalb von body beginnen und enden",
    ),
    "mjml-unreadable": ("this MJML cannot be read: {0}", "dieses MJML lässt sich nicht lesen: {0}"),
    "mjml-ends-early": (
        "the MJML ends too early: an element is never closed",
        "das MJML endet zu früh: ein Element wird nie geschlossen",
    ),
    "mjml-misplaced": (
        "an MJML element stands where it does not belong",
        "ein MJML-Element steht an einer Stelle, an die es nicht gehört",
    ),
    "mjml-goes-on": ("something stands after </mjml>", "nach </mjml> steht noch etwas"),
    "mjml-closes-nothing": ("</{0}> closes nothing", "</{0}> schließt nichts"),
    "mjml-still-open": (
        "</{0}> closes nothing; <{1}> of line {2} is still open",
        "</{0}> schließt nichts; <{1}> aus Zeile {2} ist noch offen",
    ),
    "mjml-include": (
        "<mj-include> is not possible here: put the content into this mailing",
        "<mj-include> geht hier nicht: setzen Sie den Inhalt in dieses Mailing",
    ),
    "mjml-no-element": ("there is no MJML element <{0}>", "das MJML-Element <{0}> gibt es nicht"),
    "mjml-open": ("<{0}> is never closed", "<{0}> wird nie geschlossen"),
    "mjml-no-root": ("an MJML mailing begins with <mjml>", "ein MJML-Mailing beginnt mit <mjml>"),
    "write-lt": ("write &lt; instead of < in text", "schreiben Sie im Text &lt; statt <"),
    "quote-attributes": (
        "put quotes around each attribute's value", "setzen Sie den Wert jedes Attributs in Anführungszeichen",
    ),
    "too-deep": (
        "more than {0} elements stand inside of one another; perhaps some are never closed",
        "mehr als {0} Elemente stehen ineinander; vielleicht werden einige nie geschlossen",
    ),
    # What shows only when a letter is written.
    "missing-value": (
        "there is no value for {0}, and no default is given", "für {0} gibt es keinen Wert und keine Vorgabe",
    ),
    "value-too-long": ("{0}: the value is too long", "{0}: der Wert ist zu lang"),
    "result-too-long": ("{0}: the result is too long", "{0}: das Ergebnis ist zu lang"),
    "loop-too-long": ("a loop runs too often", "eine Schleife läuft zu oft"),
    "output-too-long": ("the text becomes too long", "der Text wird zu lang"),
    "number-too-large": ("{0}: the number is too large", "{0}: die Zahl ist zu groß"),
    "too-much-work": (
        "the Liquid does too much work for one message; use fewer loops and filters",
        "das Liquid macht für eine einzelne E-Mail zu viel Arbeit; nehmen Sie weniger Schleifen und Filter",
    ),
    "divided-by-zero": ("{0}: nothing can be divided by 0", "{0}: durch 0 lässt sich nichts teilen"),
    "filter-arguments": (
        "the filter {0} is not given what it needs", "der Filter {0} bekommt nicht das, was er braucht",
    ),
    "no-field-of-value": ("a value has no field {0}", "ein Wert hat kein Feld {0}"),
    "not-comparable": (
        "two values are compared that cannot be compared",
        "zwei Werte werden verglichen, die sich nicht vergleichen lassen",
    ),
    "value-unfit": (
        "a filter gets a value that it cannot use", "ein Filter bekommt einen Wert, mit dem er nichts anfangen kann",
    ),
    "header-address": ("{0} cannot stand in a header as an address", "{0} kann nicht als Adresse im Kopf stehen"),
    "header-domain": ("{0} is no domain for a header", "{0} ist keine Domain für den Kopf"),
    "header-character": (
        "the character {0} must not stand in a header", "das Zeichen {0} darf nicht im Kopf stehen",
    ),
    "letter-fails": ("the letter cannot be written: {0}", "der Brief lässt sich nicht schreiben: {0}"),
    "no-sender": ("the mailing has no sender", "das Mailing hat keinen Absender"),
    "no-list": ("the mailing has no list", "das Mailing hat keine Liste"),
    "no-signing-key": ("{0} has no DKIM key", "{0} hat keinen DKIM-Schlüssel"),
    "no-imprint": ("the imprint is missing", "das Impressum fehlt"),
}  # fmt: skip
PARTS = {
    "subject": ("subject", "Betreff"),
    "preheader": ("preheader", "Vorschautext"),
    "text": ("text part", "Textteil"),
}
_LIQUID_SAYS: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    (re.compile(pattern), code)
    for pattern, code in (
        (r"expected tag (\w+), found .*", "tag-missing"),
        (r"unexpected tag '(\w+)'", "no-tag"),
        (r"expected '([}%]\})', found end of file", "braces-missing"),
        (r"missing expression", "value-missing"),
        (r"expected a primitive expression, found end of expression", "value-missing"),
        (r"expected word, found end of expression", "value-missing"),
        (r"unexpected \"'\"|unexpected '\"'", "quote-open"),
        (r"unexpected '(.)'", "character"),
        (r"missing or unexpected path segment", "field-missing"),
        (r"expected an identifier, found end of expression", "field-missing"),
        (r"comment tag was never closed", "comment-open"),
        (r"found an 'else' tag expression, did you mean 'elsif'\?", "else-if"),
        (r"expected (.+), found (.+)", "expected"),
    )
)
_RENDERING_SAYS: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    (re.compile(pattern), code)
    for pattern, code in (
        (r"(\w+): the value is too long", "value-too-long"),
        (r"(\w+): the result is too long", "result-too-long"),
        (r"(\w+): the number is too large", "number-too-large"),
        (r"work limit reached", "too-much-work"),
        (r"loop iteration limit reached", "loop-too-long"),
        (r"(?:output stream|local namespace) limit reached", "output-too-long"),
        (r"(\w+): can't divide by 0", "divided-by-zero"),
        (r"(?:\w+: )?_?(\w+?)_?\(\) (?:takes|missing) .*", "filter-arguments"),
        (r"(\w+) expected .*", "filter-arguments"),
        (r"can't read property '(.*?)'.*", "no-field-of-value"),
        (r".* not supported between .*", "not-comparable"),
    )
)
_MJML_SAYS = {
    "unexpected end of stream": "mjml-ends-early", "unexpected element": "mjml-misplaced",
    "unable to parse next template": "mjml-goes-on",
}  # fmt: skip
# What Liquid calls the pieces of a tag.
_PIECES = {
    "end of expression": ("the end of the tag", "das Ende des Tags"), "end of file": ("the end", "das Ende"),
    "word": ("a name", "ein Name"), "a name": ("a name", "ein Name"), "an identifier": ("a name", "ein Name"),
    "a primitive expression": ("a value", "ein Wert"), "integer": ("a number", "eine Zahl"),
    "float": ("a number", "eine Zahl"), "string": ("a text", "ein Text"),
    "a comma separated list of arguments": ("a comma", "ein Komma"),
}  # fmt: skip
_PREFIX = "mistake."


def mistake(line: int, code: str, *facts: str) -> SourceError:
    """A mistake at a line, counted from 1. Raises KeyError for a code without words."""
    return SourceError(line, _sentence(code, facts, german=False), code, facts)


def in_part(error: SourceError, part: str) -> SourceError:
    """The same mistake in another part than the body: a key of PARTS."""
    return SourceError(error.line, f"{PARTS[part][0]}: {error.message}", error.code, error.facts, part)


def from_liquid(line: int, message: str) -> SourceError:
    """What python-liquid says."""
    for pattern, code in _LIQUID_SAYS:
        if found := pattern.fullmatch(message):
            return mistake(line, code, *(group for group in found.groups() if group is not None))
    return mistake(line, "liquid-unreadable", message)


def from_rendering(message: str) -> SourceError:
    """What python-liquid, or Python under it, says while a letter is written; its inner words stay inside."""
    for pattern, code in _RENDERING_SAYS:
        if found := pattern.fullmatch(message):
            return mistake(NOWHERE, code, *found.groups())
    return mistake(NOWHERE, "value-unfit")


def from_problem(problem: Exception) -> SourceError:
    """Whatever keeps a letter from being written, for the customer."""
    if isinstance(problem, SourceRefused):
        return problem.errors[0]
    if isinstance(problem, Spoken):
        return problem.error
    return mistake(NOWHERE, "letter-fails", str(problem))


def from_mjml(line: int, message: str) -> SourceError:
    """What mrml says."""
    known = _MJML_SAYS.get(message)
    return mistake(line, known) if known else mistake(line, "mjml-unreadable", message)


def in_words(error: SourceError, language: str) -> str:
    """The mistake as a sentence without its line, in `de` or English."""
    german = language == "de"
    sentence = _sentence(error.code, error.facts, german=german)
    return f"{PARTS[error.part][german]}: {sentence}" if error.part else sentence


def all_in_words(errors: Iterable[SourceError], language: str) -> str:
    """Every mistake with its line, as one text."""
    return "; ".join(_with_line(error, language) for error in errors)


def as_param(error: SourceError) -> str:
    """The mistake as a value that a verdict can store and say in either language later."""
    return _PREFIX + json.dumps([error.line, error.code, error.part, *error.facts], ensure_ascii=False)


def param_in_words(param: str, language: str) -> str | None:
    """A value of `as_param` with its line, if it has one, in words; None for any other text."""
    if not param.startswith(_PREFIX):
        return None
    line, code, part, *facts = json.loads(param.removeprefix(_PREFIX))
    return _with_line(SourceError(line, "", code, tuple(facts), part), language)


def _with_line(error: SourceError, language: str) -> str:
    if error.line == NOWHERE:
        return in_words(error, language)
    return f"{'Zeile' if language == 'de' else 'line'} {error.line}: {in_words(error, language)}"


def _sentence(code: str, facts: tuple[str, ...], *, german: bool) -> str:
    if code == "expected":
        facts = tuple(_PIECES[fact][german] if fact in _PIECES else fact for fact in facts)
    return SENTENCES[code][german].format(*facts)
