"""Messages of an automation are judged by who can enter it, not by everyone on its list."""

from datetime import timedelta
from typing import Any

import psycopg
import pytest

from mailflatrate.apps.campaigns.models import Campaign
from mailflatrate.apps.gate.audience import audience_facts
from mailflatrate.apps.lists.actions.fields import FieldDraft, create_field
from mailflatrate.apps.lists.actions.tags import create_tag
from mailflatrate.apps.lists.models import Contact
from mailflatrate.apps.segments.actions.segments import save_segment
from mailflatrate.base import clock, tenancy
from support.automations import Journey
from support.customers import Customer, sending_customer

PEOPLE = 6


@pytest.fixture(scope="module")
def anna(database: str) -> Customer:
    """Six people, all without contact for thirteen months; two with a birthday, three called Dora."""
    customer = sending_customer(people=PEOPLE)
    with tenancy.account(customer.account_id):
        create_field(FieldDraft(label="Birthday", key="birthday", purpose="Greetings", type="date"))
        ids = list(Contact.objects.order_by("id").values_list("id", flat=True))
        Contact.objects.filter(id__in=ids[:2]).update(attributes={"birthday": "1990-04-02"})
        Contact.objects.update(first_name="Emil")
        Contact.objects.filter(id__in=ids[:3]).update(first_name="Dora")
    with psycopg.connect(database, autocommit=True) as owner:
        owner.execute("SET session_replication_role = replica")
        at = clock.now() - timedelta(days=400)
        owner.execute("UPDATE consent_event SET occurred_at = %s WHERE account_id = %s", [at, customer.account_id])
    return customer


def entries(anna: Customer) -> list[tuple[dict[str, Any], int]]:
    with tenancy.account(anna.account_id):
        doras = save_segment("Doras", [{"field": "first_name", "op": "equals", "value": "Dora"}]).id
        tag = create_tag("Regular").id
    return [
        ({"on": "confirmed", "form": None}, 0),
        ({"on": "date", "field": "birthday", "yearly": True}, 2),
        ({"on": "segment_entered", "segment": doras}, 3),
        ({"on": "segment_left", "segment": doras}, 3),
        ({"on": "tag_added", "tag": tag}, PEOPLE),
        ({"on": "inactive", "days": 180}, PEOPLE),
    ]


def test_who_can_enter_is_judged(anna: Customer, send: dict[str, Any]) -> None:
    for entry, people in entries(anna):
        journey = Journey.drafted(anna, send, entry=entry)
        with tenancy.account(anna.account_id):
            message = Campaign.objects.get(automation_id=journey.automation_id)
            facts = audience_facts(message)
        assert (facts.recipients, facts.stale_consents) == (people, people), entry


def test_what_concerns_all_messages_is_said_once_and_fixed_where_it_is_decided(anna: Customer) -> None:
    steps = [{"id": key, "do": "send", "campaign": "new"} for key in ("a", "b", "c")]
    journey = Journey.drafted(anna, *steps, entry={"on": "inactive", "days": 180})
    for place in ("release", "messages"):
        page = anna.page(f"automations/{journey.automation_id}/{place}/")
        assert page.count("without an email from you in more than 12 months: 6 of 6") == 1
        link = f'href="/studio/automations/{journey.automation_id}/flow/?step=entry#side"'
        assert link in page
        assert 'id="side"' in anna.page(f"automations/{journey.automation_id}/flow/?step=entry")
    fresh = Journey.drafted(anna, *steps)
    assert "haven&#x27;t had an email" not in anna.page(f"automations/{fresh.automation_id}/release/")
