"""Messages end with the last version that sends them."""

from typing import Any

from mailflatrate.apps.automations.ending import end_messages, is_empty, messages_of
from mailflatrate.apps.campaigns.models import Campaign, CampaignState
from mailflatrate.apps.delivery.actions.campaigns import wake_campaign
from mailflatrate.base import tenancy
from support.automations import Journey
from support.customers import Customer


def test_a_message_goes_on_while_its_version_lives_and_is_sent_afterward(anna: Customer, send: dict[str, Any]) -> None:
    journey = Journey.begun(anna, send)
    version = journey.version()
    with tenancy.account(anna.account_id):
        (number,) = messages_of([version.id])
        assert is_empty(version.id)
    wake_campaign(anna.account_id, number)  # the sweep completes what has nothing left
    with tenancy.account(anna.account_id):
        assert Campaign.objects.get(id=number).state == CampaignState.SENDING
        end_messages([number])
        assert Campaign.objects.get(id=number).state == CampaignState.SENT
