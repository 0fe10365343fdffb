"""Mistakes in a campaign's source, as message ids. Usual sentences of libraries become ours; others stay."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from typing import Final

from mailflatrate.locale.texts import ENGLISH, N_, translate
from mailflatrate.mail.source_errors import NOWHERE, ReportedMistake, SourceError, SourceRefused

# The facts fill the braces in their order.
SENTENCES: dict[str, str] = {
    "not-ours": N_("this campaign's frozen content wasn't created by this service; release the campaign again"),
    "no-variable": N_("the variable {0} doesn't exist"),
    "known-later": N_("{0} uses a field name that isn't known until the campaign is sent"),
    "no-filter": N_("the filter {0} doesn't exist"),
    "only-in-loop": N_("{0} can only be used inside a for loop"),
    "tag-missing": N_("the tag {0} is missing"),
    "no-tag": N_("unexpected tag '{0}'"),
    "braces-missing": N_("{0} is missing"),
    "value-missing": N_("this tag is missing a value"),
    "quote-open": N_("a quotation mark is unclosed or in the wrong place"),
    "character": N_("the character {0} isn't allowed here"),
    "expected": N_("expected {0}, found {1}"),
    "field-missing": N_("a field name is missing"),
    "comment-open": N_("this comment is never closed"),
    "tag-nameless": N_("a Liquid tag is missing its name"),
    "mark-too-long": N_("this Liquid tag is longer than {0} characters; split it into several"),
    "mark-too-involved": N_("this Liquid tag has too many conditions or brackets; split it into several"),
    "too-many-marks": N_("there are more than {0} Liquid tags; remove some"),
    "liquid-too-deep": N_("the Liquid code is nested too deeply; simplify its conditions"),
    "too-long": N_("the content is larger than {0} kB; shorten it, and upload images instead of embedding them"),
    "becomes-too-long": N_("the finished message would be larger than {0} kB; shorten the content or the style sheets"),
    "too-many-links": N_("there are more than {0} different links; remove some"),
    "too-many-elements": N_("the message has more than {0} elements; shorten it or split it into two campaigns"),
    "too-much-css": N_(
        "the style sheets are too complex for {0} elements; use at most {1} selectors (:has(), ~ and nested :not() "
        "or :is() count several times) or use inline styles"
    ),
    "too-many-cells": N_("the tables have more than {0} cells; remove columns or rows, or link to the full table"),
    "takes-too-long": N_("checking this content takes too long; remove repeated or deeply nested parts"),
    "compiler-stopped": N_(
        "this content needs more memory than a campaign may use; remove repeated or deeply nested parts"
    ),
    "compiler-busy": N_("too many campaigns are being checked right now; try again in a few seconds"),
    "markup-comment-open": N_("the comment <!-- is never closed; add --> at the end"),
    "markup-tag-open": N_("the tag <{0} is never closed; add the missing > or quotation mark"),
    "element-open": N_("<{0}> is never closed; add </{0}>"),
    "too-many-attributes": N_("this tag has more than {0} attributes; remove some"),
    "no-frames": N_("a message can't consist of frames; replace <frameset> with <body>"),
    "no-body": N_("the message has no readable body; put the content between <body> and </body>"),
    "markup-ambiguous": N_(
        "browsers could read this markup in two ways; look for elements inside of elements that can't have them"
    ),
    "event-unreadable": N_("the link to a calendar file can't be read; enter the event again"),
    "event-nameless": N_("the event of a calendar file has no name"),
    "event-timeless": N_("the event of a calendar file needs a start, and an end if it has one, with date and time"),
    "event-zoneless": N_("the event of a calendar file has no valid time zone"),
    "event-ends-early": N_("the event of a calendar file ends before it starts"),
    "too-many-events": N_("there are more than {0} different calendar files; remove some"),
    "poll-unreadable": N_("the link to an answer can't be read; enter question and answer again"),
    "poll-questionless": N_("the link to an answer has no question"),
    "poll-answerless": N_("the link to an answer needs either an answer or a score from 0 to 10"),
    "poll-answers": N_("the question “{0}” needs 2 to 6 different answers"),
    "poll-scores": N_("the question “{0}” needs a link for each score from 0 to 10"),
    "poll-mixed": N_("the question “{0}” has both answers and scores; use different questions"),
    "too-many-polls": N_("there are more than {0} different questions with answers; remove some"),
    "countdown-unreadable": N_("{0} isn't a date that a countdown can use"),
    "countdown-over": N_(
        "the countdown to {0} is over when this campaign is sent; change the date or delete the block"
    ),
    "countdown-without-day": N_("a countdown only works in a campaign, which is sent on one day"),
    "else-if": N_("use elsif instead of else if"),
    "liquid-unreadable": N_("this Liquid can't be read: {0}"),
    "liquid-crosses-body": N_("a Liquid condition or loop must start and end inside the body"),
    "mjml-unreadable": N_("this MJML can't be read: {0}"),
    "mjml-ends-early": N_("the MJML ends too early: an element is never closed"),
    "mjml-misplaced": N_("an MJML element is in the wrong place"),
    "mjml-goes-on": N_("there's something after </mjml>"),
    "mjml-closes-nothing": N_("</{0}> has no matching opening tag"),
    "mjml-still-open": N_("</{0}> has no matching opening tag; <{1}> from line {2} is still open"),
    "mjml-include": N_("<mj-include> isn't supported here; put the content directly into the campaign"),
    "mjml-row-missing": N_("this shared row no longer exists, or there are too many shared rows; delete it here"),
    "mjml-no-element": N_("<{0}> isn't an MJML element"),
    "mjml-open": N_("<{0}> is never closed"),
    "mjml-no-root": N_("an MJML campaign must start with <mjml>"),
    "write-lt": N_("write &lt; instead of < in text"),
    "quote-attributes": N_("put quotation marks around the value of each attribute"),
    "too-deep": N_("elements are nested more than {0} levels deep; some of them may never be closed"),
    # Found only when a message is written.
    "missing-value": N_("{0} has no value and no default"),
    "leads-elsewhere": N_(
        "{0} leads to {1}, which isn't one of your verified domains; verify the domain, or write its address into the "
        "content"
    ),
    "value-too-long": N_("{0}: the value is too long"),
    "result-too-long": N_("{0}: the result is too long"),
    "loop-too-long": N_("a loop runs too many times"),
    "output-too-long": N_("the text gets too long"),
    "number-too-large": N_("{0}: the number is too large"),
    "too-much-work": N_("this Liquid does too much work for a single message; use fewer loops and filters"),
    "divided-by-zero": N_("{0}: can't divide by 0"),
    "filter-arguments": N_("the filter {0} has missing or invalid arguments"),
    "no-field-of-value": N_("a value doesn't have a field {0}"),
    "not-comparable": N_("two values here can't be compared with each other"),
    "value-unfit": N_("a filter gets a value it can't use"),
    "header-address": N_("{0} can't be used as an address in a header"),
    "header-domain": N_("{0} isn't a valid domain for a header"),
    "header-character": N_("the character {0} isn't allowed in a header"),
    "message-fails": N_("the message can't be created: {0}"),
    "no-sender": N_("the campaign has no sender"),
    "no-list": N_("the campaign has no list"),
    "no-signing-key": N_("{0} has no DKIM key"),
    "no-imprint": N_("the imprint is missing"),
}
PARTS = {
    "subject": N_("subject"),
    "preheader": N_("preview text"),
    "text": N_("text part"),
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
    "unexpected end of stream": "mjml-ends-early",
    "unexpected element": "mjml-misplaced",
    "unable to parse next template": "mjml-goes-on",
}
# What Liquid calls the pieces of a tag.
_PIECES = {
    "end of expression": N_("the end of the tag"),
    "end of file": N_("the end"),
    "word": N_("a name"),
    "a name": N_("a name"),
    "an identifier": N_("a name"),
    "a primitive expression": N_("a value"),
    "integer": N_("a number"),
    "float": N_("a number"),
    "string": N_("text"),
    "a comma separated list of arguments": N_("a comma"),
}
_PREFIX = "mistake."
ROW_MISSING: Final = "mjml-row-missing"


def mistake(line: int, code: str, *facts: str) -> SourceError:
    """Lines count from 1. Raises KeyError for a code that has no text."""
    return SourceError(line, _sentence(code, facts, ENGLISH), code, facts)


def in_part(error: SourceError, part: str) -> SourceError:
    """`part` is a key of PARTS: not the body."""
    return SourceError(error.line, f"{PARTS[part]}: {error.message}", error.code, error.facts, part)


def from_liquid(line: int, message: str) -> SourceError:
    for pattern, code in _LIQUID_SAYS:
        if match := pattern.fullmatch(message):
            return mistake(line, code, *(group for group in match.groups() if group is not None))
    return mistake(line, "liquid-unreadable", message)


def from_rendering(message: str) -> SourceError:
    """Return the mistake for an error of python-liquid or Python itself while rendering, without internals."""
    for pattern, code in _RENDERING_SAYS:
        if match := pattern.fullmatch(message):
            return mistake(NOWHERE, code, *match.groups())
    return mistake(NOWHERE, "value-unfit")


def from_problem(problem: Exception) -> SourceError:
    """Return a problem that prevents a message from being composed, as a mistake described for the customer."""
    if isinstance(problem, SourceRefused):
        return problem.errors[0]
    if isinstance(problem, ReportedMistake):
        return problem.error
    return mistake(NOWHERE, "message-fails", str(problem))


def from_mjml(line: int, message: str) -> SourceError:
    code = _MJML_SAYS.get(message)
    return mistake(line, code) if code else mistake(line, "mjml-unreadable", message)


def in_words(error: SourceError, language: str) -> str:
    """The sentence omits the line."""
    sentence = _sentence(error.code, error.facts, language)
    return f"{translate(PARTS[error.part], language)}: {sentence}" if error.part else sentence


def all_in_words(errors: Iterable[SourceError], language: str) -> str:
    return "; ".join(_with_line(error, language) for error in errors)


def as_param(error: SourceError) -> str:
    """Return a value that a verdict can store and render in any language later."""
    return _PREFIX + json.dumps([error.line, error.code, error.part, *error.facts], ensure_ascii=False)


def line_of_param(param: str, code: str) -> int | None:
    """Return the line in a value of `as_param`; None if it isn't this mistake."""
    if not param.startswith(_PREFIX):
        return None
    line, stored_code, *_rest = json.loads(param.removeprefix(_PREFIX))
    return int(line) if stored_code == code else None


def param_in_words(param: str, language: str) -> str | None:
    """Return None for a text that isn't a value of `as_param`."""
    if not param.startswith(_PREFIX):
        return None
    line, code, part, *facts = json.loads(param.removeprefix(_PREFIX))
    return _with_line(SourceError(line, "", code, tuple(facts), part), language)


def _with_line(error: SourceError, language: str) -> str:
    if error.line == NOWHERE:
        return in_words(error, language)
    return f"{translate(N_('line'), language)} {error.line}: {in_words(error, language)}"


def _sentence(code: str, facts: tuple[str, ...], language: str) -> str:
    if code == "expected":
        facts = tuple(translate(_PIECES[fact], language) if fact in _PIECES else fact for fact in facts)
    return translate(SENTENCES[code], language).format(*facts)
