"""Addresses never to mail: the strongest reason is kept, the account's own and the platform's rows both count.

R-75: a suppressed address comes back by its owner or by a reviewer, and by no one else.
"""

import itertools
import re
import secrets
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mailflatrate.apps.accounts.actions.people import create_user
from mailflatrate.apps.suppression import actions, queries
from mailflatrate.apps.suppression.actions import SuppressionEntry, SuppressionError
from mailflatrate.apps.suppression.facts import suppression_fact
from mailflatrate.apps.suppression.models import Suppression
from mailflatrate.base import clock, tenancy
from mailflatrate.base.tenancy import PlatformReason
from mailflatrate.base.tenancy.statements import shipped
from mailflatrate.rules.contacts.suppression import STRENGTH, SuppressionReason
from mailflatrate.rules.recipient_facts import SuppressionCause
from support.cast import per_module
from support.customers import Customer, customer_with_list
from support.people import operator
from support.sql import REFUSALS, as_application

NUMBERS = itertools.count(1)
anna = per_module(customer_with_list, "Anna", approved=False)


def key() -> bytes:
    return next(NUMBERS).to_bytes(16, "big") + b"suppress-testing"


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


place = per_module(customer_with_list, "Anna")


def suppressed(place: Customer, reason: SuppressionReason, *, platform: bool = False) -> tuple[bytes, int]:
    """A fresh address that must not be mailed, and the id of the account's row."""
    key = secrets.token_bytes(32)
    with tenancy.account(place.account_id):
        actions.suppress(key, reason=reason, source="test", evidence={}, platform=platform)
        return key, Suppression.objects.get(address_key=key).id


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM suppression WHERE id = %s",
        "UPDATE suppression SET lifted_at = now(), lifted_reason = 'please' WHERE id = %s",
        "UPDATE suppression SET address_key = sha256('other') WHERE id = %s",
        "UPDATE suppression SET reason = 'unsubscribe' WHERE id = %s",
        "INSERT INTO suppression (account_id, address_key, reason, source, lifted_at) SELECT account_id, sha256('n'), "
        "'manual', 'x', now() FROM suppression WHERE id = %s",
    ],
)
def test_the_application_role_cannot_let_an_address_go(place: Customer, statement: str) -> None:
    """Straight SQL in the account's own scope: refused, whatever the code above it says."""
    _, row_id = suppressed(place, SuppressionReason.COMPLAINT)
    with as_application(place) as application, pytest.raises(REFUSALS):
        application.execute(statement, [row_id])


def test_a_new_sign_up_ends_an_unsubscribe_and_a_bounce_everywhere(place: Customer) -> None:
    """R-16, R-75: the person wants it, and the mailbox lives."""
    for reason, platform in ((SuppressionReason.UNSUBSCRIBE, False), (SuppressionReason.HARD_BOUNCE, True)):
        key, _ = suppressed(place, reason, platform=platform)
        with tenancy.account(place.account_id):
            assert actions.lift_by_opt_in(key, source="sign-up 7") == 1 + platform
            assert not queries.is_suppressed(key)


def test_a_new_sign_up_does_not_end_a_complaint(place: Customer) -> None:
    """Typing an address into a form must not undo what its owner did."""
    key, _ = suppressed(place, SuppressionReason.COMPLAINT)
    with tenancy.account(place.account_id):
        assert actions.lift_by_opt_in(key, source="sign-up 7") == 0
        assert queries.is_suppressed(key)


def test_a_reviewer_lifts_with_a_reason_and_not_too_soon(place: Customer) -> None:
    """R-75: sixty days after a bounce, and it is written down who did it and why."""
    _, complaint = suppressed(place, SuppressionReason.COMPLAINT)
    _, bounce = suppressed(place, SuppressionReason.HARD_BOUNCE)
    otto = operator()
    anna = create_user(f"{secrets.token_hex(4)}@anna.example", name="Anna", password=None)
    for reviewer, reason in ((anna, "I want it"), (otto, "  ")):
        with pytest.raises(SuppressionError):
            actions.lift(complaint, reviewer=reviewer, reason=reason)
    actions.lift(complaint, reviewer=otto, reason="The person wrote to us from this address.")
    with pytest.raises(SuppressionError):
        actions.lift(bounce, reviewer=otto, reason="The provider had a bad day.")
    with clock.frozen_at(clock.now() + timedelta(days=61)):
        actions.lift(bounce, reviewer=otto, reason="The provider had a bad day.")
    with tenancy.platform(PlatformReason.OPERATOR_DESK):
        rows = Suppression.objects.filter(id__in=[complaint, bounce])
        assert all(row.lifted_at and row.lifted_reason.startswith(otto.email) for row in rows)
    with pytest.raises(SuppressionError):
        actions.lift(complaint, reviewer=otto, reason="Twice.")


def test_a_stronger_reason_counts_from_its_own_day(place: Customer) -> None:
    """R-75: who unsubscribed long ago and bounced today waits sixty days from today."""
    key, long_ago = secrets.token_bytes(32), clock.now() - timedelta(days=90)
    with tenancy.account(place.account_id):
        row = Suppression.objects.create(
            address_key=key, reason=SuppressionReason.UNSUBSCRIBE, source="link", created_at=long_ago
        )
        actions.suppress(key, reason=SuppressionReason.HARD_BOUNCE, source="delivery 1", evidence={"status": "5.1.1"})
        row.refresh_from_db()
        assert row.created_at > clock.now() - timedelta(minutes=5)
        assert row.evidence["earlier"][0]["reason"] == "unsubscribe"
        assert row.evidence["earlier"][0]["at"].startswith(long_ago.date().isoformat())
        since = row.created_at
        actions.suppress(key, reason=SuppressionReason.HARD_BOUNCE, source="delivery 2", evidence={})
        row.refresh_from_db()
        assert (row.created_at, row.source) == (since, "delivery 1"), "told again, it is no newer"
    with pytest.raises(SuppressionError):
        actions.lift(row.id, reviewer=operator(), reason="It was long ago.")


def test_the_database_knows_the_same_order_of_reasons() -> None:
    """The trigger's list is the one that the code has."""
    (body,) = [made.statement for made in shipped() if made.name == "public.suppression_kept()"]
    strength = re.search(r"strength text\[\] := ARRAY\[(.*?)\]", body, re.DOTALL)
    assert strength is not None
    assert re.findall(r"'(\w+)'", strength[1]) == [reason.value for reason in STRENGTH]
