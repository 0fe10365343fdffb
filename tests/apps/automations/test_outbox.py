"""Programs hear who entered an automation and who came to its end."""

from typing import Any

from mailflatrate.apps.lists.models import Subscription
from mailflatrate.base import clock, tenancy
from mailflatrate.base.outbox.models import OutboxEvent
from support.automations import Journey
from support.customers import Customer


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
