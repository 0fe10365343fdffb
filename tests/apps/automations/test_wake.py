"""People enter within seconds: whoever notes an arrival wakes the account, once, and no commit is passed over."""

import threading
from typing import Any

import psycopg
import pytest
from django.db import connection, connections

from mailflatrate.apps.automations.actions.running import pause_automation, resume_automation
from mailflatrate.apps.automations.models import AutomationArrival
from mailflatrate.apps.lists.actions.tags import create_tag
from mailflatrate.apps.lists.tags import give_tags
from mailflatrate.base import tenancy
from support.automations import Journey
from support.customers import Customer
from support.scope import within
from support.waiting import wait_until

Step = dict[str, Any]
Owner = psycopg.Connection[tuple[Any, ...]]
_LOCKED = """
SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND NOT granted
    AND pid = ANY(SELECT pid FROM pg_stat_activity WHERE query LIKE '%pg_advisory_xact_lock(hashtextextended%')
"""


def clear_jobs(owner: Owner, account_id: int) -> None:
    """No job waits: those from the release have run."""
    owner.execute("DELETE FROM procrastinate_jobs WHERE queueing_lock = %s", [f"automations:{account_id}"])


def test_arrivals_wake_the_account_once(anna: Customer, send: Step, owner: Owner) -> None:
    journey = Journey.begun(anna, send)
    clear_jobs(owner, anna.account_id)
    for _transaction in range(3):
        journey.arrive(*journey.contacts())
    assert journey.waiting_jobs() == [None]


def test_a_tag_wakes_it_and_one_that_starts_nothing_does_not(anna: Customer, send: Step, owner: Owner) -> None:
    with tenancy.account(anna.account_id):
        tag, other = create_tag("Regular"), create_tag("Rare")
    journey = Journey.begun(anna, send, entry={"on": "tag_added", "tag": tag.id})
    clear_jobs(owner, anna.account_id)
    with tenancy.account(anna.account_id):
        give_tags(journey.contacts(), [other.id])
    assert journey.waiting_jobs() == []
    with tenancy.account(anna.account_id):
        give_tags(journey.contacts(), [tag.id])
    assert journey.waiting_jobs() == [None]


def test_what_is_rolled_back_wakes_no_one(anna: Customer, send: Step, owner: Owner) -> None:
    journey = Journey.begun(anna, send)
    clear_jobs(owner, anna.account_id)
    with pytest.raises(ZeroDivisionError), tenancy.account(anna.account_id):
        AutomationArrival.objects.create(automation_id=journey.automation_id, contact_id=journey.contacts()[0])
        _nothing = 1 / 0
    assert journey.waiting_jobs() == []


def test_while_it_is_paused_arrivals_only_wait(anna: Customer, send: Step, owner: Owner) -> None:
    journey = Journey.begun(anna, send)
    within(anna, pause_automation, journey.automation_id, by=anna.owner)
    clear_jobs(owner, anna.account_id)
    journey.arrive(*journey.contacts())
    assert journey.waiting_jobs() == []
    within(anna, resume_automation, journey.automation_id, by=anna.owner)
    journey.advance()
    assert set(journey.at().values()) == {"finished"}


def test_a_commit_that_counts_on_a_waiting_job_is_seen_by_it(anna: Customer, send: Step, owner: Owner) -> None:
    """The job begins while the transaction is committing: it waits for the commit, and lets the person in."""
    journey = Journey.begun(anna, send)
    journey.arrive(journey.contacts()[0])
    late = journey.contacts()[1]
    is_committing, may_commit = threading.Event(), threading.Event()

    def commit_late() -> None:
        try:
            with tenancy.account(anna.account_id):
                AutomationArrival.objects.create(automation_id=journey.automation_id, contact_id=late)
                with connection.cursor() as cursor:
                    cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")  # what the commit does first
                is_committing.set()
                assert may_commit.wait(30)
        finally:
            connections.close_all()

    def advance() -> None:
        try:
            journey.advance()
        finally:
            connections.close_all()

    writer, worker = threading.Thread(target=commit_late), threading.Thread(target=advance)
    writer.start()
    try:
        assert is_committing.wait(30)
        clear_jobs(owner, anna.account_id)  # the waiting job, which begins now
        worker.start()
        wait_until(lambda: owner.execute(_LOCKED).fetchall(), "a job that waits for the commit")
    finally:
        may_commit.set()
        writer.join(30)
    worker.join(30)
    assert set(journey.at()) >= {late}
