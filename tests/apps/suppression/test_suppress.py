"""Addresses never to mail: the strongest reason is kept, the account's own and the platform's rows both count."""

import itertools
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mailflatrate.apps.suppression import actions, queries
from mailflatrate.apps.suppression.actions import SuppressionEntry
from mailflatrate.apps.suppression.facts import suppression_fact
from mailflatrate.apps.suppression.models import Suppression
from mailflatrate.base import clock, tenancy
from mailflatrate.rules.contacts.suppression import STRENGTH, SuppressionReason
from mailflatrate.rules.recipient_facts import SuppressionCause
from support.customers import Customer, customer_with_list

NUMBERS = itertools.count(1)


def key() -> bytes:
    return next(NUMBERS).to_bytes(16, "big") + b"suppress-testing"


@pytest.fixture(scope="module")
def anna(database: str) -> Customer:
    return customer_with_list("Anna", approved=False)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.sampled_from(list(SuppressionReason)), min_size=1, max_size=5))
def test_the_strongest_reason_stands_whatever_the_order(anna: Customer, reasons: list[SuppressionReason]) -> None:
    """Each weaker one before it stays in the evidence; a weaker one after it changes nothing."""
    address = key()
    with tenancy.account(anna.account_id):
        for number, reason in enumerate(reasons):
            actions.suppress(address, reason=reason, source=f"test {number}", evidence={"number": number})
        row = Suppression.objects.get(address_key=address)
    strongest = min(reasons, key=STRENGTH.index)
    assert row.reason == strongest
    assert row.evidence["number"] == reasons.index(strongest)
    rising: list[SuppressionReason] = []
    for reason in reasons:
        if not rising or STRENGTH.index(reason) < STRENGTH.index(rising[-1]):
            rising.append(reason)
    assert [kept["reason"] for kept in row.evidence.get("earlier", [])] == [reason.value for reason in rising[:-1]]


def test_it_says_whether_something_came_or_changed(anna: Customer) -> None:
    address = key()
    with tenancy.account(anna.account_id):
        assert actions.suppress(address, reason=SuppressionReason.SOFT_BOUNCE, source="a", evidence={})
        assert not actions.suppress(address, reason=SuppressionReason.SOFT_BOUNCE, source="b", evidence={})
        assert not actions.suppress(address, reason=SuppressionReason.UNSUBSCRIBE, source="c", evidence={})
        assert actions.suppress(address, reason=SuppressionReason.COMPLAINT, source="d", evidence={})
        assert suppression_fact(address) is SuppressionCause.COMPLAINT
        assert suppression_fact(key()) is None


def test_many_at_once_are_one_row_each(anna: Customer) -> None:
    one, two = key(), key()
    entries = [
        SuppressionEntry(address, reason, "test", {})
        for address in (one, two, one)
        for reason in (SuppressionReason.SOFT_BOUNCE, SuppressionReason.COMPLAINT)
    ]
    with tenancy.account(anna.account_id):
        assert actions.suppress_many(entries) == 2
        assert actions.suppress_many([]) == 0
        assert {row.reason for row in queries.active_for([one, two])} == {SuppressionReason.COMPLAINT}


def test_a_row_of_the_account_is_nobody_elses_and_one_of_the_platform_everybodys(anna: Customer) -> None:
    """R-69, R-79: another customer can't see Anna's rows, nor mail anyone suppressed by the platform."""
    carla, here, everywhere = customer_with_list("Carla", approved=False), key(), key()
    with tenancy.account(anna.account_id):
        actions.suppress(here, reason=SuppressionReason.UNSUBSCRIBE, source="test", evidence={})
        actions.suppress(
            everywhere,
            reason=SuppressionReason.HARD_BOUNCE,
            source="test",
            evidence={"secret": "Anna's"},
            platform=True,
        )
    with tenancy.account(carla.account_id):
        assert not queries.is_suppressed(here)
        assert queries.is_suppressed(everywhere)
        assert queries.page() == [], "the page shows the account's own"
        assert sum(queries.counts().values()) == 0


def test_every_reason_has_a_place_in_the_order_and_a_fact(anna: Customer) -> None:
    assert set(STRENGTH) == set(SuppressionReason)
    for reason in SuppressionReason:
        address = key()
        with tenancy.account(anna.account_id):
            actions.suppress(address, reason=reason, source="test", evidence={})
            assert suppression_fact(address) is not None


def test_pages_walk_by_keyset(anna: Customer) -> None:
    place = customer_with_list("Anna", approved=False)
    with tenancy.account(place.account_id):
        actions.suppress_many([SuppressionEntry(key(), SuppressionReason.MANUAL, "test", {}) for _ in range(7)])
        first = queries.page(size=4)
        second = queries.page(before_id=first[-1].id, size=4)
    assert [len(first), len(second)] == [4, 3]
    assert not {row.id for row in first} & {row.id for row in second}


def test_every_row_in_force_counts_for_a_confirmation(anna: Customer) -> None:
    """A mailbox that was dead long ago is no reason to forget that the customer suppressed it by hand (R-75)."""
    by_hand, dead = key(), key()
    with tenancy.account(anna.account_id):
        actions.suppress(by_hand, reason=SuppressionReason.MANUAL, source="t", evidence={})
        for each in (by_hand, dead):
            actions.suppress_everywhere(each, reason=SuppressionReason.HARD_BOUNCE, source="t", evidence={})
        now = clock.now()
        assert queries.kept_away([by_hand, dead], now) == {by_hand, dead}
        assert queries.kept_away([by_hand, dead], now + timedelta(days=61)) == {by_hand}
