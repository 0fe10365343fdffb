"""Amounts of events are exact, bounded, and in currencies that exist."""

import json
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailflatrate.rules.contacts.money import (
    CURRENCIES,
    LARGEST_AMOUNT,
    GoalProperties,
    MoneyFault,
    MoneyRefused,
    money_of,
)

GOAL = GoalProperties("total", "currency", "EUR", "coupon")


@pytest.mark.parametrize(
    ("properties", "currency", "amount"),
    [
        ({"total": 49.9}, "EUR", "49.90"),
        ({"total": 19.990000000000002}, "EUR", "19.99"),
        ({"total": "19.995", "currency": " chf "}, "CHF", "20.00"),
        ({"total": 1500.4, "currency": "JPY"}, "JPY", "1500"),
        ({"total": Decimal("1.2345"), "currency": "KWD"}, "KWD", "1.235"),
        ({"total": -12}, "EUR", "-12.00"),
        ({"total": 999_999_999.99}, "EUR", "999999999.99"),
    ],
)
def test_an_amount_is_read_as_it_was_written(properties: dict[str, object], currency: str, amount: str) -> None:
    found = money_of(GOAL, properties)
    assert found is not None and (found.currency, str(found.amount)) == (currency, amount)


@pytest.mark.parametrize(
    ("properties", "fault"),
    [
        ({"total": 1e9}, MoneyFault.AMOUNT),
        ({"total": "-1e9"}, MoneyFault.AMOUNT),
        ({"total": float("nan")}, MoneyFault.AMOUNT),
        ({"total": True}, MoneyFault.AMOUNT),
        ({"total": "19,99"}, MoneyFault.AMOUNT),
        ({"total": "9" * 500}, MoneyFault.AMOUNT),
        ({"total": "1e99"}, MoneyFault.AMOUNT),
        ({"total": 1, "currency": "EURO"}, MoneyFault.CURRENCY),
        ({"total": 1, "currency": "XBT"}, MoneyFault.CURRENCY),
        ({"total": 1, "currency": ""}, MoneyFault.CURRENCY),
    ],
)
def test_what_is_no_money_is_refused(properties: dict[str, object], fault: MoneyFault) -> None:
    with pytest.raises(MoneyRefused) as refused:
        money_of(GOAL, properties)
    assert refused.value.fault is fault


def test_an_event_without_an_amount_has_no_money() -> None:
    assert money_of(GOAL, {"currency": "nonsense"}) is None
    assert money_of(GoalProperties(), {"total": 5}) is None


@given(st.one_of(st.floats(), st.integers(), st.text(max_size=40), st.booleans(), st.decimals()))
def test_foreign_values_never_do_more_than_be_refused(value: object) -> None:
    try:
        found = money_of(GOAL, {"total": value})
    except MoneyRefused:
        return
    assert found is not None and abs(found.amount) <= LARGEST_AMOUNT


@given(st.decimals(-999_999_999, 999_999_999, places=2), st.sampled_from(sorted(CURRENCIES)))
def test_two_decimals_survive_the_way_through_the_api(amount: Decimal, currency: str) -> None:
    """A request's number becomes a binary fraction and is stored as the shortest decimal that means it."""
    stored = json.loads(json.dumps(float(amount)), parse_float=Decimal)
    if CURRENCIES[currency] >= 2:
        found = money_of(GOAL, {"total": stored, "currency": currency})
        assert found is not None and found.amount == amount
