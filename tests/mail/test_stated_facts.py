"""Prices and days as people write them in three languages."""

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailflatrate.mail.content.stated_facts import StatedDay, StatedPrice, read_amount, stated_days, stated_prices


@pytest.mark.parametrize(
    ("text", "prices"),
    [
        ("Nur 19,90 € statt 24,90 EUR", ["19.90 EUR", "24.90 EUR"]),
        ("$1,299.00 or £5", ["1299.00 USD", "5.00 GBP"]),
        ("1.299,– € und CHF 1'200.50, CHF 12", ["1299.00 EUR", "1200.50 CHF", "12.00 CHF"]),
        ("1 299,00 €", ["1299.00 EUR"]),
        ("20 %, 3 pieces, 19.90 without a currency, 2026", []),
        ("19,90 € 19,90 €", ["19.90 EUR"]),
    ],
)
def test_prices_have_a_currency(text: str, prices: list[str]) -> None:
    assert [f"{each.amount} {each.currency}" for each in stated_prices(text)] == prices


@pytest.mark.parametrize(
    ("text", "days"),
    [
        ("am 12. Dezember 2026 und am 3. März", [(2026, 12, 12), (0, 3, 3)]),
        ("on December 24th, 2026 and 5 May", [(2026, 12, 24), (0, 5, 5)]),
        ("le 1er décembre 2026", [(2026, 12, 1)]),
        ("12.12.2026, 2026-01-31", [(2026, 12, 12), (2026, 1, 31)]),
        ("03/04/2026, 31.02.2026, 2026-02-30, in May", []),
    ],
)
def test_days_are_never_guessed(text: str, days: list[tuple[int, int, int]]) -> None:
    assert stated_days(text) == tuple(StatedDay(*day) for day in days)


def test_a_day_is_within_an_event_in_any_of_its_years() -> None:
    first, last = date(2026, 12, 30), date(2027, 1, 2)
    assert StatedDay(2027, 1, 1).is_within(first, last)
    assert StatedDay(0, 1, 1).is_within(first, last)
    assert not StatedDay(2026, 1, 1).is_within(first, last)
    assert not StatedDay(0, 2, 29).is_within(first, last)


@given(st.text(max_size=300) | st.from_regex(r"[\d.,€$ EURCHF'-]{0,80}", fullmatch=True))
def test_any_text_is_read(text: str) -> None:
    for price in stated_prices(text):
        assert 0 <= price.amount < Decimal(10) ** 12
    for day in stated_days(text):
        date(day.year or 2024, day.month, day.day)


@given(st.decimals(0, 999_999, places=2))
def test_an_amount_is_the_same_in_every_notation(amount: Decimal) -> None:
    english = f"{amount:,.2f}"
    german = english.translate(str.maketrans(",.", ".,"))
    assert read_amount(english) == read_amount(german) == read_amount(str(amount)) == amount
    assert stated_prices(f"{german} €") == (StatedPrice(amount, "EUR"),)
