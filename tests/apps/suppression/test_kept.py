"""R-75: a suppressed address comes back by its owner or by a reviewer, and by no one else."""

import re
import secrets
from datetime import timedelta

import psycopg
import pytest

from mailflatrate.apps.accounts.actions.people import create_user
from mailflatrate.apps.suppression import actions, queries
from mailflatrate.apps.suppression.actions import SuppressionError
from mailflatrate.apps.suppression.models import Suppression
from mailflatrate.base import clock, tenancy
from mailflatrate.base.tenancy import PlatformReason
from mailflatrate.base.tenancy.statements import shipped
from mailflatrate.rules.contacts.suppression import STRENGTH, SuppressionReason
from mailflatrate.settings.roles import app_url
from mailflatrate.settings.schema import load_settings
from support.customers import Customer, customer_with_list
from support.people import operator


@pytest.fixture(scope="module")
def place(database: str) -> Customer:
    assert database
    return customer_with_list("Anna")


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
    with psycopg.connect(app_url(load_settings())) as application:
        tenancy.enter_account(application, place.account_id)
        with pytest.raises((psycopg.errors.InsufficientPrivilege, psycopg.errors.CheckViolation)):
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
