"""Birthdays without a year: which columns have them, their spellings, and the order of day and month they show."""

import re
from datetime import date
from types import SimpleNamespace

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from mailflatrate.apps.intake.reading.column_survey import decided_order
from mailflatrate.locale.formats import formats_of
from mailflatrate.rules.contacts.timestamps import DayOrder, day_order
from mailflatrate.rules.fields.field_type import FieldDefinition, UnreadableValue
from mailflatrate.rules.fields.proposals import propose_for
from mailflatrate.rules.fields.values import FIELD_TYPES, normalize_value

T = SimpleNamespace(**{name.upper(): kind for name, kind in FIELD_TYPES.items()})
BIRTHDAY = FieldDefinition("birthday", T.DATE, "Birthday")
DAYS = st.dates(date(2000, 1, 1), date(2000, 12, 31))
TITLES = re.split(
    r";\s*",
    """Birthday; BIRTHDAY; birth_date; B-Day; DOB; Date of birth; Geburtstag; Geb.-Tag; Geburtsdatum; Anniversaire;
    Date de naissance; Cumpleaños; Fecha de nacimiento; Compleanno; Verjaardag; Aniversário; Urodziny; Fødselsdag;
    Födelsedag; Syntymäpäivä; Narozeniny; Születésnap; Doğum günü; Γενέθλια; День рождения; 生日; 誕生日; Anniversary;
    Wedding anniversary; Jahrestag; Hochzeitstag; Namenstag""",
)
SLASHED = ["{0:02}/{1:02}", "{0}/{1}", "{0:02}-{1:02}", "{0}-{1}"]


def month_first_spellings(day: date) -> list[str]:
    names = [formats_of("en").months[day.month - 1], f"{day:%b}"]
    named = [f"{name} {number}" for name in names for number in (day.day, f"{day.day}th")]
    return [form.format(day.month, day.day) for form in SLASHED] + named + [f"--{day:%m-%d}", f"--{day:%m%d}"]


def day_first_spellings(day: date) -> list[str]:
    dotted = ["{0:02}.{1:02}.", "{0}.{1}.", "{0}.{1}", "{0}. {1}."]
    months = [formats_of(language).months[day.month - 1] for language in ("en", "de", "fr")]
    named = [form.format(day.day, name) for name in months for form in ("{0} {1}", "{0}. {1}", "{0} de {1}")]
    return [form.format(day.day, day.month) for form in (*SLASHED, *dotted)] + named


@given(DAYS, st.booleans())
@example(date(2000, 2, 29), True)
def test_a_day_is_kept_without_a_year_however_it_is_written(day: date, month_first: bool) -> None:
    for text in (month_first_spellings if month_first else day_first_spellings)(day):
        stored = normalize_value(BIRTHDAY, text, month_first=month_first)
        assert stored == f"--{day:%m-%d}", text
        assert normalize_value(BIRTHDAY, stored, month_first=None) == stored


@given(st.lists(DAYS, min_size=1, max_size=8), st.sampled_from(TITLES), st.booleans(), st.data())
def test_a_column_is_proposed_as_dates_by_its_title_and_all_its_values(
    days: list[date], title: str, month_first: bool, data: st.DataObject
) -> None:
    spell = month_first_spellings if month_first else day_first_spellings
    values = [data.draw(st.sampled_from(spell(day))) for day in days]
    assert propose_for("column_7", values, title) is T.DATE
    assert propose_for("column_7", [*values, f"{days[0]:%Y-%m-%d}", ""], title) is T.DATE
    assert propose_for("column_7", [*values, "in spring"], title) is T.TEXT
    assert propose_for("column_7", values, "Shoe size") is not T.DATE


@given(st.lists(DAYS, min_size=1, max_size=8), st.booleans())
def test_the_order_is_decided_by_the_values_or_asked(days: list[date], month_first: bool) -> None:
    """A column is never read in an order that its values don't show."""
    form = "{0:%m/%d}" if month_first else "{0:%d/%m}"
    orders = [found for day in days if (found := day_order(form.format(day))) is not None]
    telling = any(day.day > 12 for day in days)
    either = any(day.day <= 12 and day.day != day.month for day in days)
    shown = DayOrder.MONTH_FIRST if month_first else DayOrder.DAY_FIRST
    assert decided_order(orders) == (shown if telling else DayOrder.EITHER if either else None)


@pytest.mark.parametrize(
    ("raw", "fault"),
    [
        ("04/02", "ambiguous_date"),
        ("30.2.", "not_a_date"),
        ("13/32", "not_a_date"),
        ("2 Ju", "not_a_date"),
        ("2 jui", "not_a_date"),
        ("2 Brumaire", "not_a_date"),
        ("2 May 3", "not_a_date"),
    ],
)
def test_what_names_no_day_is_refused(raw: str, fault: str) -> None:
    with pytest.raises(UnreadableValue) as refused:
        normalize_value(BIRTHDAY, raw)
    assert refused.value.fault.name == fault


def test_a_date_that_comes_once_keeps_needing_its_year() -> None:
    """03/24 in a contract's end may be March 2024."""
    with pytest.raises(UnreadableValue):
        normalize_value(FieldDefinition("contract_end", T.DATE, "Contract end"), "03/24", month_first=True)
