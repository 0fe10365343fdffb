"""Counters that triggers keep in step, and the last count of large accounts."""

from collections.abc import Callable

import pytest
from django.db import connection, transaction
from django.db.models import Count
from psycopg import errors

from mailflatrate.apps.lists import counts
from mailflatrate.apps.lists.models import Contact, ListTally, MailableCount, MailingList, Subscription
from mailflatrate.apps.lists.queries import list_table, mailable_count
from mailflatrate.base import clock, tenancy
from support.cast import per_test
from support.customers import Customer, customer_with_list, sending_customer
from support.sql import as_application

anna = per_test(lambda: customer_with_list("Anna", approved=False).with_people(6))
carla = per_test(lambda: customer_with_list("Carla", approved=False).with_people(1))


def counted(one: Customer) -> dict[tuple[int, str], int]:
    with tenancy.account(one.account_id):
        rows = Subscription.objects.values_list("mailing_list_id", "state").annotate(n=Count("id"))
        return {(list_id, state): n for list_id, state, n in rows}


def shown(one: Customer) -> dict[tuple[int, str], int]:
    with tenancy.account(one.account_id):
        return {
            (row.id, state): getattr(row, state)
            for row in list_table()
            for state in ("confirmed", "pending", "quarantined", "unsubscribed")
            if getattr(row, state)
        }


CHANGES: dict[str, Callable[[Customer], object]] = {
    "one leaves": lambda one: Subscription.objects.filter(contact=Contact.objects.first()).update(
        state="unsubscribed", unsubscribed_at=clock.now()
    ),
    "all are kept apart": lambda one: Subscription.objects.update(state="quarantined"),
    "nothing changes": lambda one: Subscription.objects.update(quarantine_reason="x"),
    "a person is deleted": lambda one: Contact.objects.filter(id=Contact.objects.values("id")[:1]).delete(),
    "several lists in one statement": lambda one: Subscription.objects.filter(state="confirmed").update(
        mailing_list=MailingList.objects.create(name="Second", public_name="Second", code="second01")
    ),
}


@pytest.mark.parametrize("change", CHANGES)
def test_the_counters_say_what_a_count_says(anna: Customer, change: str) -> None:
    assert shown(anna) == counted(anna) != {}
    with tenancy.account(anna.account_id):
        CHANGES[change](anna)
    assert shown(anna) == counted(anna)
    counts.add_up()
    assert shown(anna) == counted(anna)
    with tenancy.account(anna.account_id):
        rows = ListTally.objects.values("mailing_list_id", "state").annotate(n=Count("id"))
        assert all(row["n"] == 1 for row in rows), "a row for each counter"


def test_what_is_taken_back_was_never_counted(anna: Customer) -> None:
    before = shown(anna)
    with pytest.raises(ZeroDivisionError), tenancy.account(anna.account_id), transaction.atomic():
        Subscription.objects.update(state="quarantined")
        raise ZeroDivisionError
    assert shown(anna) == before


def test_raw_sql_changes_no_counter(anna: Customer) -> None:
    with as_application(anna, for_session=True) as eve:
        for deed in (
            "UPDATE list_tally SET people = 0",
            "DELETE FROM list_tally",
            f"INSERT INTO list_tally (account_id, mailing_list_id, state, people) VALUES ({anna.account_id}, "
            f"{anna.list_id}, 'confirmed', 9)",
        ):
            with pytest.raises(errors.InsufficientPrivilege):
                eve.execute(deed)


def test_a_large_account_gets_the_last_count(carla: Customer, monkeypatch: pytest.MonkeyPatch) -> None:
    anna = sending_customer(people=6)
    with tenancy.account(anna.account_id):
        live = counts.mailable_days()
        assert (live.counted_at, live.days[-1][1], len(live.days)) == (None, mailable_count(), 31)
    monkeypatch.setattr(counts, "LIVE_PEOPLE", 2)
    assert anna.account_id in counts.large_accounts()
    assert carla.account_id not in counts.large_accounts()
    with tenancy.account(anna.account_id):
        first = counts.mailable_days()
        assert (first.days, first.counted_at is None) == (live.days, False)
    with tenancy.account(anna.account_id):
        three = Contact.objects.order_by("id").values("id")[:3]
        Subscription.objects.filter(contact__in=three).update(state="quarantined")
    with tenancy.account(anna.account_id):
        assert counts.mailable_days().days == live.days, "fresh enough"
        assert _waiting(anna) == 0
        MailableCount.objects.update(counted_at=clock.now() - 2 * counts.FRESH)
        assert counts.mailable_days().days == live.days, "nobody waits for the count"
    assert _waiting(anna) == 1, "a worker is asked to count"
    with tenancy.account(anna.account_id):
        counts.count_mailable()
        assert counts.mailable_days().days[-1][1] == live.days[-1][1] - 3
    page = anna.client.get("/studio/").content.decode()
    assert "counted at" in page


def _waiting(one: Customer) -> int:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM procrastinate_jobs WHERE task_name = %s AND status = 'todo'"
            " AND args ->> 'account_id' = %s",
            [counts.COUNT_JOB, str(one.account_id)],
        )
        return int(cursor.fetchone()[0])
