"""The hash of a version covers its graph and its messages; copies take their places in a graph."""

from typing import Any

from mailflatrate.apps.automations.graphs import with_campaigns
from mailflatrate.apps.campaigns.actions import drafts
from mailflatrate.apps.campaigns.models import Campaign
from mailflatrate.base import tenancy
from support.automations import Journey
from support.customers import Customer


def test_every_change_changes_the_hash(anna: Customer, send: dict[str, Any], wait: dict[str, Any]) -> None:
    journey = Journey.drafted(anna, send)
    hashes = [journey.shown_hash()]
    with tenancy.account(anna.account_id):
        message = Campaign.objects.get(automation_id=journey.automation_id)
        drafts.update_campaign(message.id, {"content": "Other words, [a link](https://lindenhof.example/)"})
    hashes.append(journey.shown_hash())
    journey.save(send | {"campaign": message.id}, wait)
    hashes.append(journey.shown_hash())
    journey.save(send | {"campaign": message.id}, wait, late="end")
    hashes.append(journey.shown_hash())
    assert len(set(hashes)) == 4 and journey.shown_hash() == hashes[-1]


def test_copies_take_the_places_of_messages_however_deep() -> None:
    def graph(first: int, second: int) -> dict[str, Any]:
        arms = [{"share": 50, "steps": [{"id": "c", "do": "send", "campaign": second}]}, {"share": 50, "steps": []}]
        split = {"id": "s", "do": "split", "arms": arms}
        return {
            "steps": [
                {"id": "b", "do": "branch", "then": [{"id": "a", "do": "send", "campaign": first}], "else": [split]}
            ]
        }

    assert with_campaigns(graph(1, 2), {1: 11, 2: 12}) == graph(11, 12)
