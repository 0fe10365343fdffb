"""Waits for a date of the person, and those who have none."""

from datetime import timedelta
from typing import Any

from mailflatrate.apps.lists.actions.fields import FieldDraft, create_field
from mailflatrate.apps.lists.models import Contact
from mailflatrate.base import clock, tenancy
from support.automations import Journey
from support.customers import Customer


def test_a_wait_for_a_date(anna: Customer, send: dict[str, Any]) -> None:
    with tenancy.account(anna.account_id):
        create_field(FieldDraft(label="Renewal", key="renewal", purpose="To write at the right time", type="date"))
    journey = Journey.begun(anna, {"id": "d", "do": "wait", "date": "renewal", "offset_days": -1}, send)
    soon, later, without = journey.contacts()
    with tenancy.account(anna.account_id):
        for number, days in ((soon, 3), (later, 30)):
            day = clock.now() + timedelta(days=days)
            Contact.objects.filter(id=number).update(attributes={"renewal": f"{day:%Y-%m-%d}"})
    journey.arrive(soon, later, without)
    journey.advance()
    assert journey.at() == {soon: "d", later: "d", without: "no_date"}
    with clock.frozen_at(clock.now() + timedelta(days=4)):
        journey.advance()
    assert journey.planned() == [(soon, "a")]
