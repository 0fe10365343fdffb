"""A/B tests, local time and pace by API: written, shown, and the winner picked as on the pages."""

import json
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from mailflatrate.apps.accounts.actions.approval import switch_four_eyes
from mailflatrate.apps.accounts.models import KeyScope, Role
from mailflatrate.apps.campaigns.models import Campaign, ReleaseRequest
from mailflatrate.apps.delivery.models import AbTest, Delivery, DeliveryState, Plan
from mailflatrate.apps.delivery.planning.plan import plan_campaign
from mailflatrate.apps.gate.models import GateDecision
from mailflatrate.apps.lists.models import Contact
from mailflatrate.apps.tracking.models import Click
from mailflatrate.base import clock, tenancy
from mailflatrate.base.audit.models import AuditEntry
from mailflatrate.base.tenancy import PlatformReason
from support.api import Program, begun, change, problem, program_of, word
from support.customers import CONTENT, Customer, sending_customer
from support.people import person

PEOPLE = 40
"""So many that a test always has recipients: without any it is over as soon as it is planned. With eight people and two
variants of 25 % that happens once in 256 runs."""


@pytest.fixture
def anna(database: str) -> Customer:
    assert database
    return sending_customer(people=PEOPLE)


def fault(answer: Any) -> str:
    """Where the one value stands that is wrong."""
    assert problem(answer) == (422, "invalid")
    where: str = json.loads(answer.content)["errors"][0]["pointer"]
    return where


def released(anna: Customer, shop: Program, draft: dict[str, Any]) -> Campaign:
    """Released by API, and planned as the worker does."""
    shop.post(f"/campaigns/{draft['id']}/release", word(draft), 202)
    with tenancy.account(anna.account_id):
        decision = GateDecision.objects.filter(campaign_id=draft["id"], edition__variant=0).get()
    assert decision.edition_id is not None
    plan_campaign(anna.account_id, draft["id"], decision.edition_id, decision.id)
    with tenancy.account(anna.account_id):
        return Campaign.objects.get(id=draft["id"])


def test_a_variant_is_written_with_what_differs(anna: Customer, shop: Program) -> None:
    draft = begun(anna, shop, variants=[{"subject": "Tulips for winter"}], test_share=25, test_hours=2)
    (variant,) = draft["variants"]
    assert variant == {"subject": "Tulips for winter", "preheader": "", "content": CONTENT, "text_override": ""}
    assert (draft["test_share"], draft["test_hours"], draft["test_metric"]) == (25, 2, "clicks")
    both = change(shop, draft, content="Other\r\nwords", variants=[{"preheader": "B"}, {"content": "C\r\n"}])
    assert [each["content"] for each in both["variants"]] == ["Other\nwords", "C\n"], "of the content as it is then"
    assert [each["subject"] for each in both["variants"]] == ["Winter bulbs are here"] * 2
    assert both["content_hash"] != draft["content_hash"]
    kept = change(shop, draft, name="Renamed", test_metric="person")
    assert (kept["variants"], kept["test_metric"]) == (both["variants"], "person")
    copy = shop.post(f"/campaigns/{draft['id']}/copy", {}, 201)
    assert copy["variants"] == both["variants"]
    assert change(shop, draft, variants=[])["variants"] == []


def test_a_template_s_words_are_those_of_a_variant_too(anna: Customer, shop: Program) -> None:
    draft = shop.post("/campaigns", {"name": "T", "gallery": "event", "variants": [{"subject": "Come!"}]}, 201)
    assert draft["variants"][0]["content"] == draft["content"] != ""


@pytest.mark.parametrize(
    ("values", "where"),
    [
        ({"variants": [{"subject": "x"}] * 4}, "body.variants"),
        ({"variants": [{"subject": "x\r\nBcc: eve@people.example"}]}, "body.variants.0.subject"),
        ({"variants": [{"sender_id": 1}]}, "body.variants.0.sender_id"),
        ({"test_share": 60}, "body.test_share"),
        ({"test_share": 7}, "body.test_share"),
        ({"test_hours": 0}, "body.test_hours"),
        ({"test_hours": 73}, "body.test_hours"),
        ({"test_metric": "opens"}, "body.test_metric"),
    ],
)
def test_what_no_test_can_be_is_named(unchanged: tuple[Customer, Program], values: dict[str, Any], where: str) -> None:
    _anna, shop = unchanged
    draft = begun(*unchanged)
    assert fault(shop.call("PATCH", f"/campaigns/{draft['id']}", values)) == where
    assert shop.get(f"/campaigns/{draft['id']}") == draft


def test_every_variant_passes_the_gate(anna: Customer, shop: Program) -> None:
    draft = begun(anna, shop, variants=[{"subject": ""}], test_share=50)
    answer = shop.call("POST", f"/campaigns/{draft['id']}/release", word(draft))
    assert problem(answer) == (422, "checks-open")
    (found,) = [each for each in json.loads(answer.content)["checks"] if each["id"] == "subject-present"]
    assert "B" in found["sentence"] + found["why"]


@pytest.mark.slow
def test_a_test_is_reported_and_its_winner_chosen(anna: Customer, shop: Program) -> None:
    draft = begun(anna, shop, variants=[{"subject": "Tulips"}], test_share=25, test_metric="person")
    path = f"/campaigns/{draft['id']}"
    assert shop.refused("POST", f"{path}/choose-variant", {"variant": 1}) == (409, "state-conflict")
    assert shop.get(f"{path}/report")["ab_test"] is None
    campaign = released(anna, shop, draft)
    ab_test = shop.get(f"{path}/report")["ab_test"]
    assert (ab_test["share"], ab_test["metric"], ab_test["winner"], ab_test["may_choose"]) == (
        25,
        "person",
        None,
        False,
    )
    assert [each["subject"] for each in ab_test["variants"]] == ["Winter bulbs are here", "Tulips"]
    assert shop.refused("POST", f"{path}/choose-variant", {"variant": 1}) == (409, "state-conflict"), "not over yet"
    with tenancy.account(anna.account_id):
        editions = dict(campaign.editions.values_list("variant", "id"))
        Delivery.objects.filter(campaign=campaign).update(state=DeliveryState.SENT)
        Click.objects.create(campaign=campaign, edition_id=editions[1], link_number=1, machine=False)
        AbTest.objects.filter(campaign=campaign).update(tested_at=clock.now())
    ab_test = shop.get(f"{path}/report")["ab_test"]
    assert ab_test["may_choose"] is True
    assert [each["clicks"] for each in ab_test["variants"]] == [0, 1]
    assert sum(each["delivered"] for each in ab_test["variants"]) + ab_test["rest"] == PEOPLE
    assert shop.refused("POST", f"{path}/choose-variant", {"variant": 2}) == (422, "refused")
    assert fault(shop.call("POST", f"{path}/choose-variant", {"variant": 4})) == "body.variant"
    only_writes = program_of(anna, [KeyScope.CAMPAIGNS_DRAFT])
    assert only_writes.refused("POST", f"{path}/choose-variant", {"variant": 1}) == (403, "scope-missing")
    assert shop.post(f"{path}/choose-variant", {"variant": 1})["state"] == "planning"
    ab_test = shop.get(f"{path}/report", Accept_Language="de")["ab_test"]
    assert (ab_test["winner"], ab_test["because"]) == (1, "Anna Lindner hat sie gewählt.")
    with tenancy.account(anna.account_id):
        assert Plan.objects.get(campaign=campaign).edition_id == editions[1]
    with tenancy.platform(PlatformReason.OPERATOR_DESK):
        assert AuditEntry.objects.get(action="campaign.variant_chosen", subject=f"campaign:{campaign.id}")
    clicked = [sum(link["people"] for link in shop.get(f"{path}/report{q}")["links"]) for q in ("", "?variant=0")]
    assert clicked == [1, 0], "what the rest gets; the one that is asked for"
    assert shop.refused("POST", f"{path}/choose-variant", {"variant": 0}) == (409, "state-conflict"), "once for all"


def nine(days: int, zone: str = "Europe/Berlin") -> Any:
    day = clock.now().astimezone(ZoneInfo(zone)) + timedelta(days=days)
    return day.replace(hour=9, minute=0, second=0, microsecond=0)


def test_everybody_s_own_clock(anna: Customer, shop: Program) -> None:
    with tenancy.account(anna.account_id):
        people = list(Contact.objects.order_by("id").values_list("id", flat=True))
        Contact.objects.filter(id=people[0]).update(attributes={"time_zone": "Asia/Tokyo"})
        Contact.objects.filter(id=people[1]).update(attributes={"time_zone": "America/New_York"})
    draft = begun(anna, shop, time_zone="Europe/Berlin")
    path, at = f"/campaigns/{draft['id']}", nine(3)
    assert fault(shop.call("GET", f"{path}/waves")) == "query.at"
    waves = shop.get(f"{path}/waves?at={at.astimezone(ZoneInfo('UTC')).strftime('%Y-%m-%dT%H:%M:%SZ')}")["items"]
    assert [(wave["people"], wave["known"]) for wave in waves] == [(1, 1), (PEOPLE - 2, 0), (1, 1)]
    assert [wave["at"] for wave in waves] == sorted(wave["at"] for wave in waves)
    late = word(draft, on_own_clocks=True)
    assert fault(shop.call("POST", f"{path}/release", late)) == "body.on_own_clocks"
    done = shop.post(f"{path}/release", late | {"at": at.isoformat()}, 202)["campaign"]
    assert (done["state"], done["local_at"]) == ("scheduled", at.astimezone(ZoneInfo("UTC")).isoformat()[:19] + "Z")
    assert done["scheduled_at"] == waves[0]["at"], "it begins with the first of them"
    assert shop.get(f"{path}/waves")["items"] == waves
    assert shop.post(f"{path}/take-back", {})["local_at"] is None
    tested = change(shop, draft, variants=[{"subject": "B"}])
    refused = word(tested, at=at.isoformat(), on_own_clocks=True)
    assert shop.refused("POST", f"{path}/release", refused) == (422, "refused")


def test_with_four_eyes_the_hour_is_asked_for(anna: Customer, shop: Program) -> None:
    person(anna.account_id, "Ben Becker", Role.OWNER)
    switch_four_eyes(anna.account_id, True, by=anna.owner)
    draft = begun(anna, shop)
    asked = {"content_hash": draft["content_hash"], "on_own_clocks": True}
    path = f"/campaigns/{draft['id']}/ask-release"
    assert fault(shop.call("POST", path, asked)) == "body.on_own_clocks"
    shop.post(path, asked | {"at": nine(2).isoformat()}, 202)
    with tenancy.account(anna.account_id):
        row = ReleaseRequest.objects.get(campaign_id=draft["id"])
    assert (row.on_own_clocks, row.wanted_at) == (True, nine(2))


def test_the_speed_is_changed_under_way(anna: Customer, shop: Program) -> None:
    draft = begun(anna, shop, per_hour=600)
    path = f"/campaigns/{draft['id']}/pace"
    assert shop.refused("POST", path, {"per_hour": 60}) == (409, "state-conflict"), "a draft is changed as a draft"
    campaign = released(anna, shop, draft)
    assert shop.post(path, {"per_hour": 60})["per_hour"] == 60
    with tenancy.account(anna.account_id):
        assert Plan.objects.get(campaign=campaign).per_turn == 1
    assert shop.post(path, {"per_hour": None})["per_hour"] is None
    with tenancy.account(anna.account_id):
        assert Plan.objects.get(campaign=campaign).per_turn is None
    for wrong in ({"per_hour": 9}, {"per_hour": 1_000_001}, {}):
        assert fault(shop.call("POST", path, wrong)) == "body.per_hour"


def test_carla_neither_sees_nor_chooses(anna: Customer, shop: Program) -> None:
    carla = program_of(Customer.vetted("Möbelhaus Nordstern", "Carla Clausen"))
    draft = begun(anna, shop, variants=[{"subject": "Tulips"}], test_share=25, test_metric="person")
    campaign = released(anna, shop, draft)
    with tenancy.account(anna.account_id):
        AbTest.objects.filter(campaign=campaign).update(tested_at=clock.now())
    path = f"/campaigns/{campaign.id}"
    before = shop.get(f"{path}/report")
    for method, rest, data in (
        ("POST", "/choose-variant", {"variant": 1}),
        ("POST", "/pace", {"per_hour": 10}),
        ("GET", "/waves", None),
        ("GET", "/report?variant=1", None),
        ("PATCH", "", {"variants": []}),
    ):
        assert carla.refused(method, path + rest, data) == (404, "not-found"), rest
    assert shop.get(f"{path}/report") == before
    assert before["ab_test"]["may_choose"] is True
