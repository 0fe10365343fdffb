"""How often: the cap, the person's own limit, and what the wording promised. Too soon means later, never lost."""

from datetime import timedelta
from typing import Any

import psycopg
from django.db import connection

from mailflatrate.apps.lists.models import Contact
from mailflatrate.base import clock, tenancy
from support.automations import Journey
from support.customers import Customer
from support.scope import rows

Step = dict[str, Any]


def at(journey: Journey, days: int) -> int:
    """How many messages are planned once it is so many days later."""
    with clock.frozen_at(clock.now() + timedelta(days=days)):
        journey.advance()
    return len(journey.planned())


def test_the_cap_postpones(anna: Customer, send: Step, again: Step) -> None:
    journey = Journey.begun(anna, send, again, cap_per_week=1)
    journey.arrive(*journey.contacts())
    assert [at(journey, days) for days in (0, 6, 8)] == [3, 3, 6]


def test_a_person_who_wants_less_gets_less(anna: Customer, send: Step, again: Step) -> None:
    journey = Journey.begun(anna, send, again)
    people = journey.contacts()
    rows(anna, Contact).filter(id=people[0]).update(pause_days=30)
    journey.arrive(*people)
    assert [at(journey, days) for days in (0, 29, 31)] == [5, 5, 6]


def test_a_person_who_paused_gets_the_message_at_the_end_of_the_pause(anna: Customer, send: Step, again: Step) -> None:
    journey = Journey.begun(anna, send, again, late="end")
    people = journey.contacts()
    until = clock.now() + timedelta(days=10)
    rows(anna, Contact).filter(id=people[0]).update(paused_until=until, pause_days=3)
    journey.arrive(*people)
    assert [at(journey, days) for days in (0, 9)] == [4, 4]
    for moment, planned in ((until, 5), (until + timedelta(days=2), 5), (until + timedelta(days=3, hours=1), 6)):
        with clock.frozen_at(moment):
            journey.advance()
        assert len(journey.planned()) == planned
    assert journey.at()[people[0]] == "finished"


def test_what_the_wording_promised_is_kept(anna: Customer, send: Step, again: Step, database: str) -> None:
    wording = "Yes, Lindenhof may send me tips by email, about once a month."
    with tenancy.account(anna.account_id), connection.cursor() as cursor:
        cursor.execute("SELECT event_id FROM consent_evidence ORDER BY event_id")
        events = [number for (number,) in cursor.fetchall()]
    _by_owner(
        database,
        "UPDATE consent_evidence SET details = jsonb_build_object('wording', %s::text) WHERE event_id = %s",
        [wording, events[0]],
    )
    journey = Journey.begun(anna, send, again)
    journey.arrive(*journey.contacts())
    assert [at(journey, days) for days in (0, 29, 31)] == [5, 5, 6]


def _by_owner(database: str, statement: str, values: list[Any]) -> None:
    with psycopg.connect(database, autocommit=True) as owner:
        owner.execute("SET session_replication_role = replica")
        owner.execute(statement, values)
