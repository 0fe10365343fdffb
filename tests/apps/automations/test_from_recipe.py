"""An automation from a recipe: whole or not at all, in the list's language, from the list's sender."""

import pytest

from mailflatrate.apps.automations.actions import drafts
from mailflatrate.apps.automations.actions.from_recipe import create_from_recipe, message_defaults
from mailflatrate.apps.automations.errors import AutomationError
from mailflatrate.apps.automations.graphs import graph_of
from mailflatrate.apps.automations.models import Automation
from mailflatrate.apps.automations.recipes import RecipeChoices, find_recipe
from mailflatrate.apps.campaigns.models import Campaign
from mailflatrate.base import tenancy
from support.customers import Customer
from support.scope import within

WELCOME = find_recipe("welcome")


def test_it_has_its_messages_in_order_and_what_was_chosen(anna: Customer) -> None:
    with tenancy.account(anna.account_id):
        made = create_from_recipe(WELCOME, "Hello", anna.list_id, by=anna.owner, choices=RecipeChoices(form=7))
        graph = graph_of(drafts.draft_of(made.id))
        messages = list(Campaign.objects.filter(automation_id=made.id).order_by("id"))
    assert graph.entry.form == 7
    assert graph.campaigns() == tuple(message.id for message in messages)
    assert {(message.sender_id, tuple(message.list_ids)) for message in messages} == {(anna.sender_id, (anna.list_id,))}


def test_it_writes_as_the_lists_last_campaign_did(anna: Customer) -> None:
    assert within(anna, message_defaults, anna.list_id)["reply_to"] == ""
    anna.draft("Last", reply_to="post@lindenhof.example")
    anna.draft("Of another list", reply_to="", list_ids=[anna.list_id + 1])
    assert within(anna, message_defaults, anna.list_id)["reply_to"] == "post@lindenhof.example"


def test_nothing_is_left_of_one_that_failed(anna: Customer) -> None:
    with tenancy.account(anna.account_id):
        before = Automation.objects.count(), Campaign.objects.count()
        for name, list_id in (("", anna.list_id), ("Hello", anna.list_id + 1_000)):
            with pytest.raises(AutomationError):
                create_from_recipe(WELCOME, name, list_id, by=anna.owner)
        broken = RecipeChoices(form=-1)
        with pytest.raises(ValueError, match="form"):
            create_from_recipe(WELCOME, "Hello", anna.list_id, by=anna.owner, choices=broken)
        assert (Automation.objects.count(), Campaign.objects.count()) == before


def test_an_unknown_recipe() -> None:
    with pytest.raises(KeyError):
        find_recipe("spam")
