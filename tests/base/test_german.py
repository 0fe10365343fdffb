"""Our German catalog beside Django's: ours is read first, so our sentences must not change one of theirs."""

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
