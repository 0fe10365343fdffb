"""What an account usually sends, which decides whether a campaign is unlike the earlier ones (R-07)."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from mailflatrate.apps.campaigns.facts import history_facts
from mailflatrate.apps.campaigns.models import Campaign
from mailflatrate.base import clock, tenancy
from mailflatrate.rules.vetting.probation import Trigger, triggers
from rules.examples import CAMPAIGN
from support.cast import per_test
from support.customers import Customer, sending_customer
from support.scope import within

NARROWED = {"conditions": [{"field": "first_name", "op": "equals", "value": "Dora"}]}
ACCOUNT = replace(CAMPAIGN.account, campaigns_sent=0)
anna = per_test(sending_customer)


def sent(anna: Customer, people: int, *, days: int = 20, **values: Any) -> None:
    """An earlier campaign, or with `automation_id` a message of an automation."""
    automation_id = values.pop("automation_id", None)
    campaign = anna.draft("Earlier", **values)
    with tenancy.account(anna.account_id):
        Campaign.objects.filter(id=campaign.id).update(
            state="sent",
            started_at=clock.now() - timedelta(days=days),
            planned_count=people,
            automation_id=automation_id,
        )


def usual(anna: Customer, **values: Any) -> int | None:
    campaign = anna.draft("Next", **values)
    return within(anna, history_facts, campaign)[1].usual


@pytest.mark.parametrize("messages", [(7, 0, 0), (7, 0, 0, 1, 0, 0, 0), (50_000,) * 9])
def test_messages_of_automations_are_no_campaigns(anna: Customer, messages: tuple[int, ...]) -> None:
    sent(anna, 1949)
    for people in messages:
        sent(anna, people, automation_id=7)
    campaign = anna.draft("Next")
    number, history = within(anna, history_facts, campaign)
    assert (number, history.usual) == (1, 1949)
    assert Trigger.VOLUME not in triggers(ACCOUNT, history, 1930)
    assert Trigger.VOLUME in triggers(ACCOUNT, history, 6000)


def test_campaigns_to_a_part_of_a_list_are_compared_with_each_other(anna: Customer) -> None:
    for people in (40, 60, 50):
        sent(anna, people, **NARROWED)
    assert usual(anna) == 50, "without a campaign to a whole list, all count"
    sent(anna, 2000)
    assert usual(anna) == 2000
    assert usual(anna, **NARROWED) == 50


def test_without_a_campaign_for_90_days_the_newest_tell_what_is_usual(anna: Customer) -> None:
    for people, days in ((10, 400), (3000, 130), (2000, 120), (4000, 110)):
        sent(anna, people, days=days)
    assert usual(anna) == 3000


def test_with_nothing_to_compare_it_asks(anna: Customer) -> None:
    sent(anna, 0)
    assert usual(anna) is None
    with tenancy.account(anna.account_id):
        history = history_facts(anna.draft("Next"))[1]
    assert triggers(ACCOUNT, history, 1001) == (Trigger.UNCOMPARED,)
    assert triggers(ACCOUNT, history, 1000) == ()
