"""Messages of automations are planned batch by batch, the canary first."""

from typing import Any

import pytest
from django.db import IntegrityError

from mailflatrate.apps.automations.models import Enrolment
from mailflatrate.apps.campaigns.states import locked
from mailflatrate.apps.delivery.models import Chunk, Plan
from mailflatrate.apps.delivery.planning.step_messages import StepRecipient, plan_step, step_message
from mailflatrate.base import tenancy
from support.automations import Journey
from support.customers import sending_customer
from support.scope import rows


def test_the_first_batch_has_the_canary_and_later_ones_go_on_counting() -> None:
    anna = sending_customer(6)
    wait: dict[str, Any] = {"id": "w", "do": "wait", "for": {"minutes": 5}}
    journey = Journey.begun(anna, {"id": "a", "do": "send", "campaign": "new"}, wait)
    people = journey.contacts()
    rows(anna, Plan).filter(campaign__automation_id=journey.automation_id).update(canary_size=2)
    for batch in (people[:5], people[5:]):
        journey.arrive(*batch)
        journey.advance()
    with tenancy.account(anna.account_id):
        chunks = Chunk.objects.filter(campaign__automation_id=journey.automation_id).order_by("number")
        assert list(chunks.values_list("number", "size")) == [(0, 2), (1, 3), (2, 1)]
        plan = Plan.objects.get(campaign__automation_id=journey.automation_id)
        message = step_message(locked(plan.campaign_id))
        assert message is not None and (plan.planned, plan.next_chunk) == (6, 3)
        row = Enrolment.objects.filter(automation_id=journey.automation_id).latest("id")
    with pytest.raises(IntegrityError, match="delivery_once_each"), tenancy.account(anna.account_id):
        plan_step(message, [StepRecipient(row.id, row.contact_id, row.consent_event_id)])
