"""Labels, link parameters, follow-ups and link visits by API; a campaign that is read is written again as it was."""

from typing import Any

import pytest

from mailflatrate.apps.accounts.models import KeyScope
from mailflatrate.apps.campaigns.actions.drafts import create_campaign
from mailflatrate.apps.campaigns.models import Campaign, CampaignState, LinkTagging, LinkVisit
from mailflatrate.base import clock, tenancy
from support.api import Program, begun, change, program_of
from support.customers import Customer, sending_customer

GERMAN = {"language": "de", "subject": "Zwiebeln", "preheader": "Neu", "content": "# Zwiebeln\n", "text_override": ""}


@pytest.fixture(scope="module")
def anna(database: str) -> Customer:
    assert database
    return sending_customer(people=1)


@pytest.fixture(scope="module")
def shop(anna: Customer) -> Program:
    return program_of(anna)


def test_labels_are_given_found_and_taken(anna: Customer, shop: Program) -> None:
    made = begun(anna, shop)
    path = f"/campaigns/{made['id']}/labels"
    assert shop.post(path, {"add": ["Winter", "winter", "Shop"]})["labels"] == ["Winter", "Shop"]
    assert shop.get("/campaign-labels")["items"] == [
        {"name": "Shop", "campaigns": 1},
        {"name": "Winter", "campaigns": 1},
    ]
    assert [row["id"] for row in shop.get("/campaigns?label=Winter")["items"]] == [made["id"]]
    assert shop.post(path, {"remove": ["Winter"]})["labels"] == ["Shop"]
    assert shop.refused("POST", path, {"add": [" "]}) == (422, "invalid")
    assert shop.refused("POST", path, {"add": [str(number) for number in range(10)]})[0] == 422
    assert shop.get(f"/campaigns/{made['id']}")["labels"] == ["Shop"], "all of it or nothing"
    reader = program_of(anna, [KeyScope.READ])
    assert reader.refused("POST", path, {"add": ["Mine"]})[0] == 403
    stranger = program_of(sending_customer(people=1))
    assert stranger.refused("POST", path, {"add": ["Mine"]}) == (404, "not-found")
    assert stranger.refused("GET", f"/campaigns/{made['id']}/link-visits") == (404, "not-found")
    assert stranger.get("/campaign-labels")["items"] == []


def test_link_parameters_and_visits_are_read_and_the_campaigns_own_are_written(anna: Customer, shop: Program) -> None:
    assert shop.get("/link-parameters")["is_on"] is False
    made, sent = begun(anna, shop), anna.draft("Sent")
    assert (made["link_parameters"], made["link_campaign"], made["follow_up_of"]) == (True, "", None)
    changed = change(shop, made, link_parameters=False, link_campaign="  winter  2026 ")
    assert (changed["link_parameters"], changed["link_campaign"]) == (False, "winter 2026")
    path = f"/campaigns/{made['id']}"
    assert shop.refused("PATCH", path, {"link_campaign": "{{ contact.email }}"}) == (422, "invalid")
    with tenancy.account(anna.account_id):
        LinkTagging.objects.create(
            is_on=True, style="utm", domains=["lindenhof.example"], source="news", medium="email"
        )
        LinkVisit.objects.filter(campaign_id=made["id"]).delete()
        LinkVisit.objects.create(
            campaign=Campaign.objects.get(id=made["id"]),
            url="https://lindenhof.example/bulbs",
            key="0" * 64,
            outcome="ok",
            prices=[["4.90", "9.90", "EUR"]],
            events=[["2026-12-24", "2026-12-26"]],
            visited_at=clock.now(),
        )
        Campaign.objects.filter(id=sent.id).update(state=CampaignState.SENT, started_at=clock.now())
        follow_up = create_campaign("Again", by=anna.owner, follow_up=(sent.id, {"event": "order.placed"}))
    found = shop.get(f"/campaigns/{follow_up.id}")
    assert (found["follow_up_of"], found["follow_up_goal"]) == (sent.id, {"event": "order.placed", "link": ""})
    assert shop.get("/link-parameters")["domains"] == ["lindenhof.example"]
    (visit,) = shop.get(f"{path}/link-visits")["items"]
    assert (visit["outcome"], visit["prices"]) == ("ok", [{"low": "4.90", "high": "9.90", "currency": "EUR"}])
    assert visit["events"] == [{"first": "2026-12-24", "last": "2026-12-26"}]


def test_a_campaign_in_several_languages_is_read_and_written_again_in_another_account(
    anna: Customer, shop: Program
) -> None:
    made = change(shop, begun(anna, shop), translations=[GERMAN], link_campaign="winter")
    assert made["translations"] == [GERMAN]
    carla = sending_customer(people=1)
    own: dict[str, Any] = {"sender_id": carla.sender_id, "list_ids": [carla.list_id]}
    content = ("name", "subject", "preheader", "language", "content_kind", "content", "text_override", "translations")
    again = program_of(carla).post(
        "/campaigns", {name: made[name] for name in (*content, "link_parameters", "link_campaign")} | own, 201
    )
    assert {name: again[name] for name in content} == {name: made[name] for name in content}
    assert again["link_campaign"] == "winter"
