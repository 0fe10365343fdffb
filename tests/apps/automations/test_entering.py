"""Who may enter, how often, and what programs hear of it."""

from datetime import timedelta
from typing import Any

from mailflatrate.apps.automations.models import AutomationArrival
from mailflatrate.apps.lists.actions.tags import create_tag
from mailflatrate.apps.lists.models import Subscription
from mailflatrate.apps.lists.tags import give_tags
from mailflatrate.base import clock, tenancy
from mailflatrate.base.outbox.models import OutboxEvent
from support.automations import Journey
from support.customers import Customer
from support.scope import rows

Step = dict[str, Any]


def test_without_a_confirmed_subscription_no_one_enters(anna: Customer, send: Step) -> None:
    journey = Journey.begun(anna, send)
    people = journey.contacts()
    rows(anna, Subscription).filter(contact_id=people[0]).update(state="unsubscribed", unsubscribed_at=clock.now())
    journey.arrive(*people, people[-1] + 1_000_000)
    journey.advance()
    assert set(journey.at()) == set(people[1:])
    assert not rows(anna, AutomationArrival).exists()


def test_a_tag_lets_people_in(anna: Customer, send: Step) -> None:
    with tenancy.account(anna.account_id):
        tag, other = create_tag("Regular"), create_tag("Rare")
    journey = Journey.begun(anna, send, entry={"on": "tag_added", "tag": tag.id})
    people = journey.contacts()
    with tenancy.account(anna.account_id):
        give_tags(people[:2], [tag.id])
        give_tags(people, [other.id])
    journey.advance()
    assert set(journey.at()) == set(people[:2])


def test_people_enter_again_as_often_as_the_author_says(anna: Customer, send: Step) -> None:
    never, after, always = (
        Journey.begun(anna, dict(send), reentry={"mode": mode, "days": 30}) for mode in ("never", "after", "always")
    )
    runs = []
    for days in (0, 1, 40):
        with clock.frozen_at(clock.now() + timedelta(days=days)):
            for journey in (never, after, always):
                journey.arrive(journey.contacts()[0])
            never.advance()
            runs.append([len(journey.enrolments()) for journey in (never, after, always)])
    assert runs == [[1, 1, 1], [1, 1, 2], [1, 2, 3]]
    assert len(always.planned()) == 3


def test_whoever_is_under_way_does_not_enter_a_second_time(anna: Customer, wait: Step) -> None:
    journey = Journey.begun(anna, wait, reentry={"mode": "always", "days": 0})
    for _time in range(2):
        journey.arrive(journey.contacts()[0], journey.contacts()[0])
        journey.advance()
    assert [row.run for row in journey.enrolments()] == [1]


def test_entering_finishing_and_leaving_are_told(anna: Customer, send: dict[str, Any], wait: dict[str, Any]) -> None:
    journey = Journey.begun(anna, send)
    waiting = Journey.begun(anna, wait)
    people = journey.contacts()
    journey.arrive(people[0])
    waiting.arrive(people[1])
    journey.advance()
    with tenancy.account(anna.account_id):
        Subscription.objects.filter(contact_id=people[1]).update(state="unsubscribed", unsubscribed_at=clock.now())
        told = OutboxEvent.objects.filter(account_id=anna.account_id, type__startswith="automation.").order_by("id")
        found = [(row.type, row.payload["contact_id"], row.payload.get("state")) for row in told]
    assert sorted(found, key=str) == [
        ("automation.entered", people[0], None),
        ("automation.entered", people[1], None),
        ("automation.finished", people[0], "finished"),
        ("automation.finished", people[1], "left"),
    ]
