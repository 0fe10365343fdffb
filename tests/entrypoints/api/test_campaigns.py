"""Campaigns by API: written, checked as the page checks them, released with a confirmation for this content."""

import json
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.utils.html import escape

from mailflatrate.apps.accounts.actions.account_status import set_limits
from mailflatrate.apps.accounts.actions.approval import switch_four_eyes
from mailflatrate.apps.accounts.actions.people import change_settings
from mailflatrate.apps.accounts.models import Acknowledgement, KeyScope, Notice, NoticeKind, Occasion, Role
from mailflatrate.apps.campaigns.models import Campaign, CampaignState
from mailflatrate.apps.delivery.models import Delivery, DeliveryState
from mailflatrate.apps.delivery.planning.plan import plan_campaign
from mailflatrate.apps.gate.models import GateDecision
from mailflatrate.apps.lists.models import Contact
from mailflatrate.base import clock, tenancy
from support.api import Program, begun, change, good, problem, program, program_of, word
from support.customers import CONTENT, Customer, sending_customer
from support.page_context import drawn_context
from support.people import operator, person


@pytest.fixture
def anna(database: str) -> Customer:
    assert database
    return sending_customer(people=4)


def plan(anna: Customer, campaign_id: int) -> int:
    """What the worker does next; how many deliveries there are then."""
    with tenancy.account(anna.account_id):
        decision = GateDecision.objects.filter(campaign_id=campaign_id, edition__isnull=False).last()
    if decision is not None and decision.edition_id is not None:
        plan_campaign(anna.account_id, campaign_id, decision.edition_id, decision.id)
    with tenancy.account(anna.account_id):
        return Delivery.objects.filter(campaign_id=campaign_id).count()


def test_a_draft_is_written_and_changed(anna: Customer, shop: Program) -> None:
    made = begun(anna, shop, reply_to="answers@lindenhof.example", per_hour=500, track_clicks=False)
    assert (made["state"], made["version"], made["policy_confirmed"]) == ("draft", 1, False)
    assert (made["per_hour"], made["track_clicks"]) == (500, False)
    changed = change(shop, made, subject="New bulbs", per_hour=None, version=1)
    assert (changed["subject"], changed["per_hour"], changed["version"]) == ("New bulbs", None, 2)
    assert changed["content"] == made["content"]
    assert changed["content_hash"] != made["content_hash"]
    path = f"/campaigns/{made['id']}"
    assert shop.refused("PATCH", path, {"subject": "x", "version": 1}) == (409, "state-conflict")
    assert shop.get(path) == changed
    copy = shop.post(f"{path}/copy", {}, 201)
    assert (copy["subject"], copy["mailing_id"] != made["mailing_id"]) == ("New bulbs", True)
    assert shop.call("DELETE", f"/campaigns/{copy['id']}").status_code == 200
    assert shop.refused("GET", f"/campaigns/{copy['id']}") == (404, "not-found")


@pytest.mark.parametrize(
    ("values", "where"),
    [
        ({"sender_id": 2**40}, "body.sender_id"),
        ({"list_ids": [2**40]}, "body.list_ids"),
        ({"excluded_list_ids": [2**40]}, "body.excluded_list_ids"),
        ({"excluded_segment_ids": [2**40]}, "body.excluded_segment_ids"),
        ({"excluded_campaign_ids": [2**40]}, "body.excluded_campaign_ids"),
        ({"reply_to": "nobody"}, "body.reply_to"),
        ({"time_zone": "Mars/Olympus"}, "body.time_zone"),
        ({"subject": "a\r\nBcc: eve@people.example"}, "body.subject"),
        ({"per_hour": 1}, "body.per_hour"),
        ({"state": "sending"}, "body.state"),
        ({"policy_hash": "0" * 64}, "body.policy_hash"),
        ({"released_by": 1}, "body.released_by"),
    ],
)
def test_what_is_not_allowed_is_named(unchanged: tuple[Customer, Program], values: dict[str, Any], where: str) -> None:
    _anna, shop = unchanged
    draft = begun(*unchanged)
    answer = shop.call("PATCH", f"/campaigns/{draft['id']}", values)
    assert problem(answer) == (422, "invalid")
    assert json.loads(answer.content)["errors"][0]["pointer"] == where
    assert shop.get(f"/campaigns/{draft['id']}") == draft


def test_a_draft_begins_with_a_template(anna: Customer, shop: Program) -> None:
    made = shop.post("/campaigns", {"name": "Party", "gallery": "event", "language": "de", "subject": "Fest"}, 201)
    assert (made["content_kind"], made["language"], made["subject"]) == ("blocks", "de", "Fest")
    assert "<mjml" in made["content"]
    two = {"name": "Party", "gallery": "event", "template_id": 1}
    assert shop.refused("POST", "/campaigns", two) == (422, "invalid")
    assert shop.refused("POST", "/campaigns", {"name": "x", "template_id": 2**40}) == (404, "not-found")


def test_a_draft_begins_in_the_language_of_its_list(anna: Customer, shop: Program) -> None:
    change_settings(anna.account_id, language="de", time_zone="Europe/Berlin")
    assert begun(anna, shop)["language"] == "en", "its list's"
    assert begun(anna, shop, language="de")["language"] == "de", "the one that was asked for"
    assert shop.post("/campaigns", {"name": "No lists yet"}, 201)["language"] == "de", "the account's"


def test_mailings_are_listed_by_page_and_state(anna: Customer, shop: Program) -> None:
    ids = [begun(anna, shop, name=f"Mailing {number}")["id"] for number in range(3)]
    first = shop.get("/campaigns?limit=2&state=draft")
    assert [row["id"] for row in first["items"]] == ids[:0:-1]
    assert [row["id"] for row in shop.get(f"/campaigns?limit=2&cursor={first['next']}")["items"]] == ids[:1]
    assert shop.get("/campaigns?state=sent")["items"] == []
    assert [row["id"] for row in shop.get("/campaigns?search=Mailing%201")["items"]] == [ids[1]]


@pytest.mark.slow
@pytest.mark.parametrize("language", ["en", "de"])
def test_the_checks_are_those_of_the_page(anna: Customer, shop: Program, language: str) -> None:
    """Same checks, same order, same sentences, in the language that is asked for."""
    draft = begun(anna, shop, subject="", list_ids=[])
    found = shop.get(f"/campaigns/{draft['id']}/checks", Accept_Language=language)
    page = anna.client.get(
        f"/studio/campaigns/{draft['id']}/edit/", headers={"Accept-Language": language}
    ).content.decode()
    drawn = drawn_context(anna.client, f"/studio/campaigns/{draft['id']}/edit/")["panel"]
    assert [each["id"] for each in found["checks"]] == [item.finding.key for item in (*drawn.open, *drawn.passed)]
    assert found["allowed"] is False
    blocked = [each for each in found["checks"] if each["state"] == "blocked"]
    assert {"policy-acknowledged", "subject-present"} <= {each["id"] for each in blocked}
    for each in blocked:
        assert str(escape(each["sentence"])) in page, each["id"]
        assert each["remedy"] and each["source"] and each["rule"].startswith("R-")
        assert each["severity"] == "block"


@pytest.mark.slow
def test_a_preview_is_what_one_reader_gets(anna: Customer, shop: Program) -> None:
    draft = begun(anna, shop)
    path = f"/campaigns/{draft['id']}/preview"
    first = shop.get(path)
    assert "Hello Dora" in first["text"]
    assert "Lindenhof GmbH" in first["html"]
    assert first["problem"] == first["missing"] == ""
    people = shop.get("/contacts")["items"]
    assert "Hello Emil" in shop.get(f"{path}?contact_id={people[1]['id']}")["text"]
    assert "Hello there" in shop.get(f"{path}?bare=true")["text"]
    shop.post(f"/contacts/{people[1]['id']}/unsubscribe", {"list_id": None})
    assert shop.refused("GET", f"{path}?contact_id={people[1]['id']}") == (404, "not-found")
    counted = {"recipients": 3, "left_out": 0, "skipped": {"unsubscribed": 1}}
    assert shop.get(f"/campaigns/{draft['id']}/audience") == counted
    with tenancy.account(anna.account_id):
        other = {"subject": "Other", "preheader": "", "content": "Servus", "text_override": ""}
        Campaign.objects.filter(id=draft["id"]).update(variants=[other])
    assert shop.get(f"/campaigns/{draft['id']}")["variants"] == [other]
    assert shop.get(f"{path}?variant=1")["subject"] == "Other"
    assert shop.refused("GET", f"{path}?variant=2") == (404, "not-found")
    broken = change(shop, draft, content="{% if %}")
    assert shop.get(f"/campaigns/{broken['id']}/preview")["problem"] == "source"


def test_a_test_goes_to_people_of_the_account_alone(anna: Customer, shop: Program) -> None:
    draft = begun(anna, shop)
    path = f"/campaigns/{draft['id']}/test"
    assert shop.refused("POST", path, {"recipients": ["stranger@people.example"]}) == (422, "refused")
    assert shop.post(path, {"recipients": [anna.owner.email]}, 202) == {"sent": 1}
    with tenancy.account(anna.account_id):
        assert Notice.objects.filter(kind=NoticeKind.TEST, recipient=anna.owner.email).count() == 1
        assert not Delivery.objects.filter(campaign_id=draft["id"]).exists()
    with tenancy.account(anna.account_id):
        ids = list(Contact.objects.order_by("id").values_list("id", flat=True)[:2])
    assert shop.post(path, {"recipients": [anna.owner.email], "contact_ids": ids}, 202) == {"sent": len(ids)}
    assert shop.refused("POST", path, {"recipients": [anna.owner.email], "contact_ids": [1]}) == (404, "not-found")
    change(shop, draft, content="{{ nothing_known }}")
    assert shop.refused("POST", path, {"recipients": [anna.owner.email]}) == (422, "refused")


def test_a_draft_is_deleted_whatever_was_tried_with_it(anna: Customer, shop: Program) -> None:
    draft = begun(anna, shop, subject="")
    path = f"/campaigns/{draft['id']}"
    shop.post(f"{path}/test", {"recipients": [anna.owner.email]}, 202)
    assert shop.refused("POST", f"{path}/release", word(draft)) == (422, "checks-open")
    assert good(shop.call("DELETE", path)) == {"done": True}
    assert shop.refused("GET", path) == (404, "not-found")


def test_a_release_needs_the_word_and_the_content_it_was_given_for(anna: Customer, shop: Program) -> None:
    draft = begun(anna, shop)
    path = f"/campaigns/{draft['id']}/release"
    assert shop.refused("POST", path, {}) == (422, "invalid")
    assert shop.refused("POST", path, {"content_hash": draft["content_hash"]}) == (422, "policy-not-confirmed")
    assert shop.refused("POST", path, word(draft, policy_confirmed=False)) == (422, "policy-not-confirmed")
    assert shop.refused("POST", path, word(draft, content_hash="0" * 64)) == (422, "content-changed")
    edited = change(shop, draft, subject="Quite another matter")
    assert shop.refused("POST", path, word(draft)) == (422, "content-changed")
    with tenancy.account(anna.account_id):
        assert not GateDecision.objects.filter(campaign_id=draft["id"]).exists()
        assert not Acknowledgement.objects.filter(subject_id=draft["id"], occasion=Occasion.CAMPAIGN).exists()
    assert plan(anna, draft["id"]) == 0
    done = shop.post(path, word(edited), 202)
    assert (done["campaign"]["state"], done["review"]) == ("planning", False)
    assert plan(anna, draft["id"]) == 4
    with tenancy.account(anna.account_id):
        tick = Acknowledgement.objects.get(subject_id=draft["id"], occasion=Occasion.CAMPAIGN)
    assert (tick.user_id, tick.content_hash) == (anna.owner.id, edited["content_hash"])
    assert tick.user_agent.startswith("API key Shop (mfk_")
    assert shop.refused("POST", path, word(edited)) == (409, "state-conflict")
    assert shop.refused("PATCH", f"/campaigns/{draft['id']}", {"subject": "x"}) == (409, "state-conflict")
    assert shop.refused("DELETE", f"/campaigns/{draft['id']}") == (409, "state-conflict")


BREAKS: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
    ("subject-present", {"subject": ""}, {"subject": "Winter bulbs are here"}),
    ("links-clean", {"content": CONTENT + "\n[x](https://bit.ly/abc)"}, {"content": CONTENT}),
    ("sender-verified", {"sender_id": None}, {"sender_id": 0}),
    ("merge-tags-filled", {"content": CONTENT + "\n{{ contact.nickname }}"}, {"content": CONTENT}),
]


@pytest.mark.slow
@pytest.mark.parametrize(("key", "broken", "fixed"), BREAKS, ids=[each[0] for each in BREAKS])
def test_a_blocking_rule_stops_a_release_until_it_is_mended(
    anna: Customer, shop: Program, key: str, broken: dict[str, Any], fixed: dict[str, Any]
) -> None:
    """Issue 4, acceptance 2, by API: broken it can't be released, the refusal is stored, fixed it can."""
    draft = begun(anna, shop, **broken)
    path = f"/campaigns/{draft['id']}/release"
    answer = shop.call("POST", path, word(draft), Idempotency_Key="once")
    assert problem(answer) == (422, "checks-open")
    found = {each["id"]: each for each in json.loads(answer.content)["checks"]}
    assert found[key]["state"] == "blocked"
    assert found[key]["remedy"]
    with tenancy.account(anna.account_id):
        (decision,) = GateDecision.objects.filter(campaign_id=draft["id"])
    assert not decision.allowed
    assert plan(anna, draft["id"]) == 0
    assert [row["allowed"] for row in shop.get(f"/campaigns/{draft['id']}/decisions")["items"]] == [False]
    repaired = change(shop, draft, **{name: value or anna.sender_id for name, value in fixed.items()})
    done = shop.post(path, word(repaired), 202, Idempotency_Key="twice")
    assert done["campaign"]["state"] == "planning"
    assert shop.post(path, word(repaired), 202, Idempotency_Key="twice") == done, "repeated, it is one release"
    assert plan(anna, draft["id"]) == 4


def test_a_release_waits_for_its_time_and_can_be_taken_back(anna: Customer, shop: Program) -> None:
    draft = begun(anna, shop)
    path = f"/campaigns/{draft['id']}"
    soon = clock.now() + timedelta(days=2)
    for at in (clock.now() - timedelta(minutes=1), clock.now() + timedelta(days=400)):
        assert shop.refused("POST", f"{path}/release", word(draft, at=at.isoformat())) == (422, "invalid")
    assert shop.refused("POST", f"{path}/release", word(draft, at="2027-01-01T09:00:00")) == (422, "invalid")
    done = shop.post(f"{path}/release", word(draft, at=soon.isoformat()), 202)
    assert done["campaign"]["state"] == "scheduled"
    assert done["campaign"]["scheduled_at"][:16] == soon.isoformat()[:16]
    assert plan(anna, draft["id"]) == 0
    assert shop.post(f"{path}/take-back", {})["state"] == "draft"
    assert shop.refused("POST", f"{path}/take-back", {}) == (409, "state-conflict")


def test_a_watched_account_waits_for_a_reviewer(anna: Customer, shop: Program) -> None:
    """R-06: no program gets past the person who reviews the first campaigns."""
    set_limits(anna.account_id, by=operator(), daily_limit=None, supervised=True, because="test")
    draft = begun(anna, shop)
    done = shop.post(f"/campaigns/{draft['id']}/release", word(draft), 202)
    assert (done["review"], done["campaign"]["state"]) == (True, "review")
    assert plan(anna, draft["id"]) == 0
    assert shop.refused("POST", f"/campaigns/{draft['id']}/release", word(draft)) == (409, "state-conflict")


@pytest.mark.slow
def test_with_four_eyes_a_program_asks_and_a_person_releases(anna: Customer, shop: Program) -> None:
    ben = person(anna.account_id, "Ben Becker", Role.OWNER)
    switch_four_eyes(anna.account_id, True, by=anna.owner)
    draft = begun(anna, shop)
    path = f"/campaigns/{draft['id']}"
    assert shop.refused("POST", f"{path}/release", word(draft)) == (422, "checks-open")
    asked = shop.post(f"{path}/ask-release", {"content_hash": draft["content_hash"], "note": "Please look."}, 202)
    assert asked["state"] == "draft"
    for other in (shop, program(anna.account_id, ben)):
        assert other.refused("POST", f"{path}/release", word(draft)) == (422, "checks-open")
    assert plan(anna, draft["id"]) == 0
    assert shop.refused("POST", f"{path}/ask-release", {"content_hash": "0" * 64}) == (422, "content-changed")


def test_a_running_mailing_is_paused_resumed_cancelled(anna: Customer, shop: Program) -> None:
    campaign = anna.sending()
    path = f"/campaigns/{campaign.id}"
    assert shop.refused("POST", f"{path}/resume", {}) == (409, "state-conflict")
    assert shop.post(f"{path}/pause", {})["state"] == "paused"
    assert shop.post(f"{path}/resume", {})["state"] == "sending"
    assert shop.post(f"{path}/cancel", {})["state"] == "cancelled"
    assert shop.refused("POST", f"{path}/pause", {}) == (409, "state-conflict")


def test_what_a_rule_holds_no_program_lets_go(anna: Customer, shop: Program) -> None:
    campaign = anna.sending()
    with tenancy.account(anna.account_id):
        Campaign.objects.filter(id=campaign.id).update(state=CampaignState.PAUSED, hold_rule="R-88")
    answer = shop.call("POST", f"/campaigns/{campaign.id}/resume", {})
    assert problem(answer) == (409, "state-conflict")
    assert json.loads(answer.content)["detail"].startswith("One of our rules stopped this campaign")


def test_the_report_and_every_recipient(anna: Customer, shop: Program) -> None:
    campaign = anna.sending()
    path = f"/campaigns/{campaign.id}"
    anna.settle(campaign, DeliveryState.SENT, 2)
    (bounced,) = anna.settle(
        campaign, DeliveryState.BOUNCED, 1, bounce="hard", reply_code=550, reply_text="No such user"
    )
    found = shop.get(f"{path}/report")
    assert (found["planned"], found["delivered"], found["bounced_hard"], found["pending"]) == (4, 2, 1, 1)
    assert found["hard_bounces"]["events"] == 1
    assert [link["url"] for link in found["links"]] == ["https://lindenhof.example/bulbs"]
    first = shop.get(f"{path}/recipients?limit=3")
    second = shop.get(f"{path}/recipients?limit=3&cursor={first['next']}")
    assert [len(first["items"]), len(second["items"]), second["next"]] == [3, 1, None]
    (row,) = shop.get(f"{path}/recipients?state=bounced")["items"]
    assert (row["id"], row["detail"], row["reply"]) == (bounced, "does not exist", "550 No such user")
    assert shop.get(f"{path}/recipients/{bounced}")["tries"] == []
    assert shop.get(f"{path}/recipients?search={row['email']}")["items"] == [row]
    (decision,) = shop.get(f"{path}/decisions")["items"]
    assert decision["allowed"] is True
    assert {each["state"] for each in decision["checks"]} >= {"passed"}


def test_writing_and_releasing_are_different_things(anna: Customer) -> None:
    writes, releases = program_of(anna, [KeyScope.CAMPAIGNS_DRAFT]), program_of(anna, [KeyScope.CAMPAIGNS_RELEASE])
    draft = begun(anna, writes)
    path = f"/campaigns/{draft['id']}/release"
    assert writes.refused("POST", path, word(draft)) == (403, "scope-missing")
    assert releases.refused("PATCH", f"/campaigns/{draft['id']}", {"subject": "x"}) == (403, "scope-missing")
    releases.post(path, word(draft), 202)


@pytest.mark.slow
def test_carla_reaches_no_mailing_of_annas(anna: Customer, shop: Program) -> None:
    carla = program_of(Customer.vetted("Möbelhaus Nordstern", "Carla Clausen"))
    draft, sent = begun(anna, shop), anna.sending()
    with tenancy.account(anna.account_id):
        delivery_id = Delivery.objects.filter(campaign=sent).values_list("id", flat=True)[0]
    person_id = shop.get("/contacts")["items"][0]["id"]
    before = shop.get(f"/campaigns/{draft['id']}"), shop.get(f"/campaigns/{sent.id}")
    for number in (draft["id"], sent.id):
        one = f"/campaigns/{number}"
        for method, path, data in (
            ("GET", one, None), ("PATCH", one, {"name": "Hers"}), ("DELETE", one, None), ("POST", f"{one}/copy", {}),
            ("GET", f"{one}/checks", None), ("GET", f"{one}/audience", None), ("GET", f"{one}/preview", None),
            ("GET", f"{one}/preview?contact_id={person_id}", None), ("GET", f"{one}/report", None),
            ("POST", f"{one}/test", {"recipients": ["a@b.de"]}), ("POST", f"{one}/release", word(draft)),
            ("POST", f"{one}/ask-release", {"content_hash": draft["content_hash"]}),
            ("POST", f"{one}/take-back", {}), ("POST", f"{one}/pause", {}), ("POST", f"{one}/resume", {}),
            ("POST", f"{one}/cancel", {}), ("GET", f"{one}/recipients", None), ("GET", f"{one}/decisions", None),
            ("GET", f"{one}/recipients/{delivery_id}", None),
        ):  # fmt: skip
            assert carla.refused(method, path, data) == (404, "not-found"), path
    assert carla.get("/campaigns")["items"] == []
    hers = carla.post("/campaigns", {"name": "Hers"}, 201)
    for values in ({"list_ids": [anna.list_id]}, {"sender_id": anna.sender_id}, {"excluded_campaign_ids": [sent.id]}):
        assert carla.refused("PATCH", f"/campaigns/{hers['id']}", values) == (422, "invalid")
    assert carla.refused("GET", f"/campaigns/{hers['id']}/recipients/{delivery_id}") == (404, "not-found")
    assert carla.refused("GET", f"/campaigns/{hers['id']}/preview?contact_id={person_id}") == (404, "not-found")
    assert (shop.get(f"/campaigns/{draft['id']}"), shop.get(f"/campaigns/{sent.id}")) == before


def test_no_delivery_rests_on_less_than_a_permit(anna: Customer) -> None:
    """After all of the above: the table says so itself."""
    with tenancy.account(anna.account_id), connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM delivery WHERE consent_event_id IS NULL AND confirmation_id IS NULL")
        assert cursor.fetchone() == (0,)
