"""The catalogs of texts: up to date with the source, whole, and with the parameters of their message ids.

Our German catalog beside Django's: ours is read first, so our sentences must not change one of theirs.
"""

import re
from datetime import date
from pathlib import Path

import django
import pytest
from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po
from django.conf import settings
from django.utils import formats, translation

import mailflatrate.locale
from mailflatrate.locale.catalogues import Catalogue, catalogue_of
from mailflatrate.locale.extraction import MessageId, UnreadableMessage, python_messages, template_messages
from mailflatrate.locale.messages import updated_catalogues
from mailflatrate.locale.texts import NC_, known_language, languages, translate

TRANSLATED = [code for code in languages() if code != "en"]
PARAMETER = re.compile(r"%\(\w+\)[sd]|%s|%d|\{\{ ?[\w.]+ ?\}\}|(?<!\{)\{\w*\}(?!\})")


@pytest.fixture(scope="module")
def updated() -> dict[str, Catalogue]:
    return dict(updated_catalogues())


@pytest.mark.parametrize("language", TRANSLATED)
def test_a_catalogue_has_every_message_and_no_other(language: str, updated: dict[str, Catalogue]) -> None:
    """German has all of them, French those that recipients read. Otherwise run `make messages`."""
    written, wanted = catalogue_of(language).entries.keys(), updated[language].entries.keys()
    assert wanted - written == set(), "make messages"
    assert written - wanted == set(), "make messages"


@pytest.mark.parametrize("language", TRANSLATED)
def test_every_message_is_translated(language: str, updated: dict[str, Catalogue]) -> None:
    assert updated[language].untranslated(updated[language].entries) == []


@pytest.mark.parametrize("language", TRANSLATED)
def test_a_translation_has_the_parameters_of_its_message(language: str) -> None:
    """A singular may leave the number out: "one field"."""
    for entry in catalogue_of(language).entries.values():
        plural = entry.message.plural
        wanted = set(PARAMETER.findall(plural or entry.message.message))
        *singular, last = (set(PARAMETER.findall(text)) for text in entry.strings)
        assert last == wanted, entry.text
        assert all(each <= wanted for each in singular), entry.text


def test_french_has_what_recipients_read() -> None:
    messages = {entry.message for entry in catalogue_of("fr").entries.values()}
    for message in (
        "Unsubscribe",
        "Report an email",
        "Confirm your subscription: {{list_name}}",
        "Sign up",
        "Register number",
    ):
        assert MessageId(message) in messages
        assert translate(message, "fr") != message


def test_a_text_without_a_translation_is_english() -> None:
    assert translate("The body contains raw 8-bit characters.", "fr") == "The body contains raw 8-bit characters."
    assert translate(NC_("nowhere", "Not translated"), "de") == "Not translated"
    assert translate("", "de") == ""


@pytest.mark.parametrize("language", ["xx", "", "../de", "d", "deu", "english"])
def test_an_unknown_language_is_english(language: str) -> None:
    assert known_language(language) == "en"
    assert translate("Imprint", language) == "Imprint"


@pytest.mark.parametrize("language", ["de", "de-AT", "de_CH", "DE"])
def test_a_language_is_known_with_any_region(language: str) -> None:
    assert translate("Imprint", language) == "Impressum"


def test_a_context_has_a_translation_of_its_own() -> None:
    assert translate(NC_("imprint", "Address"), "de") != translate("Address", "de")
    assert translate(NC_("imprint", "Address"), "en") == "Address"


def test_markers_are_found_under_any_name() -> None:
    source = """
from django.utils import translation
from django.utils.translation import gettext_lazy as L, ngettext
from mailflatrate.locale.texts import NC_, N_
from elsewhere import gettext

L("one"), ngettext("a row", "rows", 2), NC_("place", "two"), N_("thr" "ee"), translation.gettext("four")
RuleText(title="five", sentence=NC_("rule", "six"), why="", fix="seven")
L(variable), gettext("not ours"), translate(KNOWN[key], language)
"""
    assert {message for message, _line in python_messages(source, Path("x.py"))} == {
        MessageId("one"), MessageId("a row", plural="rows"), MessageId("two", context="place"), MessageId("three"),
        MessageId("four"), MessageId("five"), MessageId("six", context="rule"), MessageId("seven"),
    }  # fmt: skip


@pytest.mark.parametrize("argument", ['f"{x} rows"', '"a" + b', '"%s rows" % x'])
def test_a_message_id_is_a_literal(argument: str) -> None:
    with pytest.raises(UnreadableMessage, match=r"x\.py:2"):
        list(python_messages(f"from mailflatrate.locale.texts import N_\nN_({argument})\n", Path("x.py")))


def test_templates_are_read_with_plurals_and_contexts() -> None:
    source = """{% load i18n %}<p title='{% translate "It's new" %}'>{{ _("Now")|upper }}</p>
{% blocktranslate count n=rows %}{{ n }} row{% plural %}{{ n }} rows{% endblocktranslate %}
{% comment %}{% translate "not shown" %}{% endcomment %}
{% translate "May" context "month" %}"""
    assert list(template_messages(source, Path("x.html"))) == [
        (MessageId("It's new"), 1),
        (MessageId("Now"), 1),
        (MessageId("%(n)s row", plural="%(n)s rows"), 2),
        (MessageId("May", context="month"), 5),
    ]


def test_an_update_keeps_every_line_of_an_entry_in_use(tmp_path: Path) -> None:
    path = tmp_path / "django.po"
    path.write_text('msgid ""\nmsgstr ""\n"Language: de\\n"\n\n# why\nmsgid "a"\nmsgstr "A"\nmsgid "b"\nmsgstr "B"\n')
    catalogue = Catalogue(path)
    catalogue.update(
        {MessageId("a"): [], MessageId("c", context="x"): []}, [MessageId("a"), MessageId("c", context="x")]
    )
    assert catalogue.text() == (
        'msgid ""\nmsgstr ""\n"Language: de\\n"\n\n# why\nmsgid "a"\nmsgstr "A"\n\nmsgctxt "x"\nmsgid "c"\nmsgstr ""\n'
    )
    assert catalogue.untranslated(catalogue.entries) == [MessageId("c", context="x")]


def test_two_entries_for_one_message_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "django.po"
    path.write_text('msgid ""\nmsgstr ""\n\nmsgid "a"\nmsgstr "A"\n\nmsgid "a"\nmsgstr "B"\n')
    with pytest.raises(ValueError, match="two entries"):
        Catalogue(path)


MONTHS = (
    "Januar", "Februar", "März", "April", "Mai", "Juni", "Juli", "August", "September", "Oktober", "November",
    "Dezember",
)  # fmt: skip
DAYS = ("Montag", "Dienstag", "Mittwoch", "Donnerstag", "Freitag", "Samstag", "Sonntag")
OURS = Path(mailflatrate.locale.__file__).parent / "de/LC_MESSAGES/django.po"
KNOWN = {
    "Disabled": "Abgeschaltet",
    "Email": "E-Mail",
    "Messages": "E-Mails",
    "Set password": "Passwort setzen",
    "This field is required.": "Dieses Feld ist ein Pflichtfeld.",
}
"""Words that we change on purpose: shorter, and the same in every form of ours."""


def catalogue(source: Path) -> Catalog:
    with source.open("rb") as file:
        return read_po(file, locale="de")


@pytest.mark.parametrize("month", range(1, 13))
def test_months_have_their_german_names(month: int) -> None:
    with translation.override("de"):
        day = date(2026, month, 6)
        assert formats.date_format(day, "F") == MONTHS[month - 1]
        assert formats.date_format(day, "DATE_FORMAT") == f"6. {MONTHS[month - 1]} 2026"


@pytest.mark.parametrize("number", range(7))
def test_days_have_their_german_names(number: int) -> None:
    with translation.override("de"):
        assert formats.date_format(date(2026, 5, 4 + number), "l") == DAYS[number]


def test_no_sentence_of_django_is_changed_by_accident() -> None:
    folder = Path(django.__file__).parent
    installed = [name.removeprefix("django.") for name in settings.INSTALLED_APPS if name.startswith("django.contrib.")]
    ours, changed = catalogue(OURS), {}
    for place in ("conf", *(name.replace(".", "/") for name in installed)):
        source = folder / place / "locale/de/LC_MESSAGES/django.po"
        for message in catalogue(source) if source.exists() else ():
            mine = ours.get(message.id if isinstance(message.id, str) else message.id[0], message.context)
            if message.id and mine and mine.string != message.string:
                changed[message.id] = mine.string
    assert changed == KNOWN


def test_each_sentence_stands_in_the_catalogue_once() -> None:
    entries, found = OURS.read_text().split("\n\n"), set()
    for entry in entries:
        key = entry[: entry.find("msgstr")].strip()
        assert not key or key not in found, key
        found.add(key)


def test_numbers_put_in_agree_with_no_verb() -> None:
    """„1 von 1.347 Empfängern haben“ is wrong: a sentence without two forms doesn't depend on its number."""
    plural = re.compile(
        r"[{(](?:count|events|n|number)[)}]s? (?:von|der) [%{(]+\w+[)}]s?\s+\w+ haben|haben %\(events\)s"
    )
    assert [
        str(each.id) for each in catalogue(OURS) if isinstance(each.string, str) and plural.search(each.string)
    ] == []


def test_bounces_have_one_name() -> None:
    found = [str(each.id) for each in catalogue(OURS) if re.search(r"\bHard.Bounces\b", str(each.string))]
    assert found == []
