"""What authors get wrong, in both languages."""

import re

import pytest

from mailflatrate.locale.texts import translate
from mailflatrate.mail.author_mistakes import (
    PARTS,
    SENTENCES,
    all_in_words,
    as_param,
    from_liquid,
    from_problem,
    in_part,
    in_words,
    mistake,
    param_in_words,
)
from mailflatrate.mail.content.campaign import ContentSource, SourceFormat, find_merge_errors
from mailflatrate.mail.headers import HeaderError, address_octets
from mailflatrate.mail.liquid import KNOWN_VARIABLES, LiquidTemplate, RenderRefused, SourceRefused

MJML = "<mjml><mj-body><mj-section><mj-column><mj-text>{0}</mj-text></mj-column></mj-section></mj-body></mjml>"
WRITTEN = [
    ("{{ contact.frist_name }}", "die Variable contact.frist_name gibt es nicht"),
    ("{% if contact.email %}x", "das Tag endif fehlt"),
    ("{% endif %}", "das Tag „endif“ gibt es nicht, oder es steht am falschen Ort"),
    ("{{ contact.email", "}} fehlt"),
    ("{% if %}x{% endif %}", "in diesem Tag fehlt ein Wert"),
    ("{{ contact.email | }}", "in diesem Tag fehlt ein Wert"),
    ("{% if contact.email == 'x %}{% endif %}", "ein Anführungszeichen ist nicht geschlossen"),
    ("{{ contact.email | default: „x“ }}", "das Zeichen „ gehört nicht hierher"),
    ("{{ contact. }}", "der Name eines Feldes fehlt"),
    ("{{ contact.email contact.email }}", "erwartet: das Ende des Tags; gefunden: ein Name"),
    ("{{ contact.email | shout }}", "den Filter shout gibt es nicht"),
    ("{% break %}", "break gehört in eine for-Schleife"),
    ("{% comment %}x", "dieser Kommentar wird nie geschlossen"),
]
MARKUP = [
    (MJML.format("<b>x"), "das MJML endet zu früh"),
    ("<mjml><mj-column/></mjml>", "ein MJML-Element ist an der falschen Stelle"),
    ("<mjml><mj-body><mj-txt/></mj-body></mjml>", "das MJML-Element <mj-txt> gibt es nicht"),
    ("<mjml><mj-body>\n<mj-section></mj-body></mjml>", "<mj-section> aus Zeile 2 ist noch offen"),
    ("<mjml><mj-body>", "<mjml> wird nie geschlossen"),
    (MJML.format("5 < 6"), "schreiben Sie im Text &lt; statt <"),
    (MJML.format("<a href=x>x</a>"), "setzen Sie den Wert jedes Attributs in Anführungszeichen"),
    ("<p>x</p>", "ein MJML-Mailing muss mit <mjml> beginnen"),
]


@pytest.mark.parametrize(("text", "german"), WRITTEN)
def test_liquid_in_german(text: str, german: str) -> None:
    errors = find_merge_errors(ContentSource(SourceFormat.HTML, f"\n{text}", "S"))
    assert german in in_words(errors[0], "de") and errors[0].line == 2
    assert in_words(errors[0], "en") == errors[0].message != in_words(errors[0], "de")


@pytest.mark.parametrize(("text", "german"), MARKUP)
def test_mjml_in_german(text: str, german: str) -> None:
    errors = find_merge_errors(ContentSource(SourceFormat.MJML, text, "S"))
    assert german in in_words(errors[0], "de")


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("{% if contact.email %}\na\n{% if contact.email %}\nb\n{% endif %}\nc", 1),
        ("{% if contact.email %}\na{% endif %}\n{% if contact.email %}\nb", 3),
        ("{{ contact.email }}\n{{ contact.email | }}\n{{ contact.email | }}", 2),
        ("{% if contact.email %}\n\n{{ contact.email | }}\n", 3),
        ("a\n{{ contact.\n}}\n{{ contact.email }}", 2),
    ],
)
def test_the_line_where_something_is_missing(text: str, line: int) -> None:
    """At the end of a tag python-liquid names no place."""
    assert find_merge_errors(ContentSource(SourceFormat.HTML, text, "S"))[0].line == line


def test_a_part_is_named() -> None:
    (error,) = find_merge_errors(ContentSource(SourceFormat.HTML, "x", "{{ y }}"))
    assert (error.part, error.message) == ("subject", "subject: the variable y doesn't exist")
    assert in_words(error, "de") == "Betreff: die Variable y gibt es nicht"


def test_what_nobody_has_words_for_comes_through() -> None:
    assert in_words(from_liquid(1, "something new"), "de") == "dieser Liquid-Code lässt sich nicht lesen: something new"


def test_all_at_their_lines() -> None:
    errors = [mistake(3, "no-filter", "shout"), mistake(1, "no-imprint")]
    assert all_in_words(errors, "de") == "Zeile 3: den Filter shout gibt es nicht; Zeile 1: das Impressum fehlt"
    assert all_in_words(errors, "en") == "line 3: the filter shout doesn't exist; line 1: the imprint is missing"


@pytest.mark.parametrize("language", ["de", "en"])
def test_a_stored_mistake_is_said_in_either_language(language: str) -> None:
    at = {"de": "Zeile 7", "en": "line 7"}[language]
    for code, sentence in SENTENCES.items():
        facts = tuple("ab{c}"[: n + 1] for n in range(len(set(re.findall(r"\{\d\}", sentence)))))
        error = in_part(mistake(7, code, *facts), "text")
        assert param_in_words(as_param(error), language) == f"{at}: {in_words(error, language)}"
    assert param_in_words("{{ contact.email }}", language) is None


@pytest.mark.parametrize("code", SENTENCES)
def test_both_sentences_name_the_same_facts(code: str) -> None:
    english, german = SENTENCES[code], translate(SENTENCES[code], "de")
    assert english != german
    assert sorted(re.findall(r"\{\d\}", english)) == sorted(re.findall(r"\{\d\}", german))


def test_parts_have_words() -> None:
    assert all(words != translate(words, "de") for words in PARTS.values())


RENDERED = [
    ("{{ contact.city }}", "für contact.city gibt es keinen Wert und keine Vorgabe"),
    ("{{ contact.email | slice }}", "Angaben beim Filter slice fehlen oder sind falsch"),
    ("{{ contact.email | slice: 'x' }}", "Angaben beim Filter slice fehlen oder sind falsch"),
    ("{{ contact.email | upcase: 1 }}", "Angaben beim Filter upcase fehlen oder sind falsch"),
    ("{{ contact.email | escape: 1 }}", "Angaben beim Filter escape fehlen oder sind falsch"),
    ("{{ 12 | divided_by: 0 }}", "divided_by: durch 0 lässt sich nichts teilen"),
    ("{{ 12 | modulo: 0 }}", "modulo: durch 0 lässt sich nichts teilen"),
    ("{{ contact.email | compact: 99 }}", "ein Filter bekommt einen Wert, mit dem er nichts anfangen kann"),
    ("{{ 5 | uniq: 'x' }}", "ein Wert hat kein Feld x"),
    ("{% if 5 contains 5 %}x{% endif %}", "zwei Werte werden verglichen, die sich nicht vergleichen lassen"),
    ("{% for i in (1..100000) %}x{% endfor %}", "eine Schleife läuft zu oft"),
    (
        "{% assign x = 'aaaa' %}{% for i in (1..40) %}{% assign x = x | append: x %}{% endfor %}",
        "append: das Ergebnis ist zu lang",
    ),
    ("{{ (1..99999999) | join }}", "join: der Wert ist zu lang"),
    ("{% for i in (1..900) %}" + "a" * 20_000 + "{% endfor %}", "der Text wird zu lang"),
]


@pytest.mark.parametrize(("text", "german"), RENDERED, ids=range(len(RENDERED)))
def test_what_shows_only_in_a_letter_is_said_in_both_languages(text: str, german: str) -> None:
    template = LiquidTemplate.parse(text, autoescape=True, known_variables=KNOWN_VARIABLES | {"contact.city"})
    with pytest.raises(RenderRefused) as refused:
        template.render({"contact": {"email": "dora@reader.example"}})
    error = refused.value.error
    assert in_words(error, "de") == german == param_in_words(as_param(error), "de"), "without a line: there is none"
    assert in_words(error, "en") == str(refused.value) == error.message != german


def test_whatever_keeps_a_letter_from_being_written_has_words() -> None:
    with pytest.raises(HeaderError) as refused:
        address_octets("nobody at all")
    words = in_words(from_problem(refused.value), "de")
    assert words == "nobody at all lässt sich nicht als Adresse in einer Kopfzeile verwenden"
    assert in_words(from_problem(ValueError("odd")), "de") == "die E-Mail lässt sich nicht erzeugen: odd"
    with pytest.raises(SourceRefused) as source:
        LiquidTemplate.parse("\n{{ x", autoescape=True)
    assert in_words(from_problem(source.value), "de") == "}} fehlt"
