"""Drafts: lost updates, copies, deletion."""

from typing import Any

import pytest

from mailflatrate.apps.automations.actions import drafts
from mailflatrate.apps.automations.errors import AutomationChanged, AutomationError
from mailflatrate.apps.automations.graphs import EMPTY, graph_of
from mailflatrate.apps.automations.models import Automation, VersionState
from mailflatrate.apps.campaigns.models import Campaign
from mailflatrate.base import tenancy
from mailflatrate.rules.automations.json_object import GraphRefused
from support.automations import Journey
from support.cast import per_module
from support.customers import Customer, customer_with_list, sending_customer
from support.scope import rows

Step = dict[str, Any]
anna = per_module(sending_customer)
"""Anna; each test has automations of its own."""


def test_a_save_on_top_of_another_is_refused(anna: Customer, wait: Step) -> None:
    journey = Journey.drafted(anna)
    with tenancy.account(anna.account_id):
        base = drafts.draft_of(journey.automation_id).saves
        saved = drafts.save_graph(journey.automation_id, EMPTY | {"steps": [wait]}, based_on=base, by=anna.owner)
        assert saved.saves == base + 1
        with pytest.raises(AutomationChanged):
            drafts.save_graph(journey.automation_id, EMPTY, based_on=base, by=anna.owner)
        with pytest.raises(GraphRefused):
            drafts.save_graph(journey.automation_id, {"entry": 1}, based_on=saved.saves, by=anna.owner)
        assert len(graph_of(drafts.draft_of(journey.automation_id)).steps) == 1


def test_a_message_goes_to_the_automations_list_and_no_further(anna: Customer, send: Step) -> None:
    journey = Journey.drafted(anna, send)
    message = rows(anna, Campaign).get(automation_id=journey.automation_id)
    assert (message.list_ids, message.conditions) == ([anna.list_id], [])


def test_a_copy_has_messages_of_its_own(anna: Customer, send: Step) -> None:
    journey = Journey.begun(anna, send)
    with tenancy.account(anna.account_id):
        copy = drafts.copy_automation(journey.automation_id, by=anna.owner)
        draft = drafts.draft_of(copy.id)
        (message,) = Campaign.objects.filter(id__in=graph_of(draft).campaigns())
        assert message.automation_id == copy.id and message.state == "draft"
        drafts.delete_automation(copy.id)
        assert not Automation.objects.filter(id=copy.id).exists()
        assert not Campaign.objects.filter(id=message.id).exists()
        with pytest.raises(AutomationError, match="drafts"):
            drafts.delete_automation(journey.automation_id)


def test_the_draft_of_a_next_version_can_be_discarded(anna: Customer, send: Step) -> None:
    journey = Journey.begun(anna, send)
    with tenancy.account(anna.account_id):
        drafts.begin_version(journey.automation_id, by=anna.owner)
        drafts.discard_version(journey.automation_id)
        assert Campaign.objects.filter(automation_id=journey.automation_id).count() == 1
    assert journey.version().state == VersionState.CURRENT


def test_names_and_lists_are_checked(anna: Customer) -> None:
    other = customer_with_list("Carla")
    with tenancy.account(anna.account_id):
        for name, list_id in ((" ", anna.list_id), ("x" * 121, anna.list_id), ("Welcome", other.list_id)):
            with pytest.raises(AutomationError):
                drafts.create_automation(name, list_id, by=anna.owner)
        renamed = drafts.rename_automation(Journey.drafted(anna).automation_id, "  Hello   there ")
        assert renamed.name == "Hello there"
