"""Proof never proves more than its time: what a no to one list means for the others (ADR 0087)."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import psycopg
import pytest
from psycopg.errors import InsufficientPrivilege

from mailflatrate.apps.accounts.models import User
from mailflatrate.apps.consent.models import ConsentEvent
from mailflatrate.apps.intake.actions import import_checks, imports
from mailflatrate.apps.intake.actions.origin_decisions import OriginDecision, decide_origin
from mailflatrate.apps.intake.models import Import
from mailflatrate.apps.intake.runner import run_import
from mailflatrate.apps.lists.actions import consent, lists
from mailflatrate.apps.lists.actions.unsubscribe_undo import undo_unsubscribe
from mailflatrate.apps.lists.models import Contact, ListOrigin, Subscription
from mailflatrate.apps.suppression.actions import lift_by_opt_in
from mailflatrate.base import clock, tenancy
from support.contact_files import file_of
from support.customers import Customer
from support.desk import desk
from support.origins import approve_origin, declare_origin
from support.scope import within
from support.sql import as_application

DORA = "dora@kunde-1.de"


@pytest.fixture
def second(anna: Customer) -> int:
    found = within(anna, lists.create_list, "Offers").id
    approve_origin(anna.account_id, found)
    return found


def bring(anna: Customer, list_id: int, *rows: str) -> Import:
    with tenancy.account(anna.account_id):
        job = imports.start_import(list_id, file_of(*rows), "people.csv", {}, enqueue=False)
    run_import(anna.account_id, job.id)
    with tenancy.account(anna.account_id):
        import_checks.check_import(job.id)
        return Import.objects.get(id=job.id)


def states(anna: Customer) -> dict[int, str]:
    with tenancy.account(anna.account_id):
        return dict(Subscription.objects.filter(contact__email=DORA).values_list("mailing_list_id", "state"))


def leave(anna: Customer, list_id: int | None, by: str = "link", source: str = "page") -> int:
    with tenancy.account(anna.account_id):
        dora = Contact.objects.get(email=DORA)
        consent.unsubscribe(dora.id, list_id=list_id, by=by, source=source)
        return dora.id


@pytest.mark.slow
@pytest.mark.parametrize("by", ["link", "one_click", "mailto", "customer", "api"])
def test_proof_older_than_a_no_subscribes_to_no_other_list(
    anna: Customer, second: int, line: Callable[..., str], by: str
) -> None:
    bring(anna, anna.list_id, line(DORA))
    leave(anna, anna.list_id, by)
    done = bring(anna, second, line(DORA), line("ben@kunde-2.de"))
    assert (done.accepted, done.refused) == (1, {"unsubscribed": 1})
    assert states(anna) == {anna.list_id: "unsubscribed"}


def test_person_who_left_one_list_is_not_waiting_on_another_without_proof(
    anna: Customer, second: int, line: Callable[..., str]
) -> None:
    bring(anna, anna.list_id, line(DORA))
    leave(anna, anna.list_id)
    assert bring(anna, second, line(DORA, source="", confirmed="")).refused == {"unsubscribed": 1}


def test_consent_newer_than_the_no_counts(anna: Customer, second: int, line: Callable[..., str]) -> None:
    bring(anna, anna.list_id, line(DORA))
    with clock.frozen_at(clock.now() - timedelta(days=60)):
        leave(anna, anna.list_id)
    assert bring(anna, second, line(DORA)).accepted == 1


def test_subscription_that_was_there_before_the_no_stays(anna: Customer, second: int, line: Callable[..., str]) -> None:
    bring(anna, anna.list_id, line(DORA))
    bring(anna, second, line(DORA))
    leave(anna, anna.list_id)
    again = bring(anna, second, line(DORA, first="Theodora"))
    assert states(anna) == {anna.list_id: "unsubscribed", second: "confirmed"}
    assert (again.updated, again.refused) == (1, {})


def test_person_waiting_for_a_review_who_says_no_meanwhile_is_not_released(
    anna: Customer, otto: User, line: Callable[..., str]
) -> None:
    waiting = within(anna, lists.create_list, "Offers").id
    declare_origin(anna.account_id, waiting)
    bring(anna, anna.list_id, line(DORA))
    bring(anna, waiting, line(DORA), line("ben@kunde-2.de"))
    leave(anna, anna.list_id)
    with tenancy.account(anna.account_id):
        origin = ListOrigin.objects.get(mailing_list_id=waiting)
    decide_origin(origin.id, OriginDecision.APPROVE, reviewer=otto, reason="Seen.")
    assert states(anna)[waiting] == "quarantined"
    with tenancy.account(anna.account_id):
        assert Subscription.objects.get(contact__email="ben@kunde-2.de").state == "confirmed"
        dora = Subscription.objects.get(contact__email=DORA, mailing_list_id=waiting)
        assert dora.quarantine_reason == "unsubscribed_since"
        assert Import.objects.get(mailing_list_id=waiting).quarantined == {"unsubscribed_since": 1}


def test_undone_unsubscribe_returns_although_another_list_was_left_before(
    anna: Customer, second: int, line: Callable[..., str]
) -> None:
    bring(anna, anna.list_id, line(DORA))
    bring(anna, second, line(DORA))
    leave(anna, second)
    dora = leave(anna, anna.list_id, source="delivery 1")
    assert within(anna, undo_unsubscribe, dora, source="delivery 1", ip=None, user_agent="") == 1
    assert states(anna) == {anna.list_id: "confirmed", second: "unsubscribed"}


@contextmanager
def link(one: Customer) -> Iterator["psycopg.Connection[Any]"]:
    with as_application(one, for_session=True) as own:
        yield own


BACK = "UPDATE subscription SET state = 'confirmed' WHERE account_id = %(account)s AND contact_id = %(contact)s"
ATTACKS = {
    "back by the old consent": BACK,
    "to pending": BACK.replace("'confirmed'", "'pending'"),
    "to quarantine": BACK.replace("'confirmed'", "'quarantined'"),
    "gone and back": "WITH gone AS (DELETE FROM subscription WHERE account_id = %(account)s AND contact_id ="
    " %(contact)s RETURNING *) INSERT INTO subscription (account_id, mailing_list_id, contact_id, state,"
    " consent_event_id, confirmed_at) SELECT account_id, mailing_list_id + 0, contact_id, 'confirmed',"
    " consent_event_id, confirmed_at FROM gone",
    "the old proof on another list": "INSERT INTO subscription (account_id, mailing_list_id, contact_id, state,"
    " consent_event_id, confirmed_at) SELECT account_id, %(second)s, contact_id, 'confirmed', consent_event_id,"
    " confirmed_at FROM subscription WHERE account_id = %(account)s AND contact_id = %(contact)s",
    "old proof recorded anew": "WITH e AS (INSERT INTO consent_event (account_id, contact_id, mailing_list_id, kind,"
    " occurred_at, commitment) SELECT account_id, contact_id, mailing_list_id, 'imported', occurred_at, commitment"
    " FROM consent_event WHERE account_id = %(account)s AND contact_id = %(contact)s AND kind = 'imported'"
    " RETURNING id) UPDATE subscription SET state = 'confirmed', consent_event_id = (SELECT id FROM e)"
    " WHERE account_id = %(account)s AND contact_id = %(contact)s",
}


@pytest.mark.parametrize("attack", ATTACKS)
def test_sql_of_the_application_cannot_bring_anyone_back(
    anna: Customer, second: int, line: Callable[..., str], attack: str
) -> None:
    bring(anna, anna.list_id, line(DORA))
    dora = leave(anna, anna.list_id)
    with link(anna) as own, pytest.raises(InsufficientPrivilege, match="said no after"):
        own.execute(ATTACKS[attack], {"account": anna.account_id, "contact": dora, "second": second})
    assert states(anna) == {anna.list_id: "unsubscribed"}


def test_reviewers_see_how_many_people_left_another_list(anna: Customer, second: int, line: Callable[..., str]) -> None:
    bring(anna, anna.list_id, line(DORA))
    bring(anna, second, line(DORA), line("ben@kunde-2.de"))
    leave(anna, anna.list_id)
    with tenancy.account(anna.account_id):
        origin = ListOrigin.objects.get(mailing_list_id=second)
    assert "1 person left another list of this customer" in desk().page(f"origins/{origin.id}/")


@pytest.mark.parametrize("by", ["link", "one_click", "mailto"])
def test_no_said_again_ends_what_was_consented_to_in_between(
    anna: Customer, second: int, line: Callable[..., str], by: str
) -> None:
    bring(anna, anna.list_id, line(DORA))
    with clock.frozen_at(clock.now() - timedelta(days=60)):
        leave(anna, anna.list_id)
    leave(anna, anna.list_id, by)
    assert bring(anna, second, line(DORA)).refused == {"unsubscribed": 1}


@pytest.mark.parametrize("by", ["link", "preferences", "reply", "provider"])
def test_no_to_everything_said_again_ends_what_was_consented_to_in_between(
    anna: Customer, second: int, line: Callable[..., str], by: str
) -> None:
    """The suppression is there already, and a later sign-up to one list lifts it."""
    bring(anna, anna.list_id, line(DORA))
    with clock.frozen_at(clock.now() - timedelta(days=60)):
        leave(anna, None)
    dora = leave(anna, None, by)
    with tenancy.account(anna.account_id):
        lift_by_opt_in(bytes(Contact.objects.get(id=dora).address_key), source="sign-up")
    assert bring(anna, second, line(DORA)).refused == {"unsubscribed": 1}


def test_same_no_pressed_twice_is_recorded_once(anna: Customer, line: Callable[..., str]) -> None:
    bring(anna, anna.list_id, line(DORA))
    dora, *_again = (leave(anna, anna.list_id) for _ in range(3))
    with tenancy.account(anna.account_id):
        assert ConsentEvent.objects.filter(contact_id=dora, kind="withdrawn").count() == 1


def test_page_undoes_nothing_once_the_no_was_said_in_another_way(anna: Customer, line: Callable[..., str]) -> None:
    bring(anna, anna.list_id, line(DORA))
    leave(anna, anna.list_id, source="delivery 1")
    dora = leave(anna, anna.list_id, "one_click", source="delivery 1")
    assert within(anna, undo_unsubscribe, dora, source="delivery 1", ip=None, user_agent="") == 0
    assert states(anna) == {anna.list_id: "unsubscribed"}
