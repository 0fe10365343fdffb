"""Automations by API: what they are, who is where, and stopping them; a program activates none."""

from typing import Any

import pytest

from mailflatrate.apps.accounts.models import KeyScope
from mailflatrate.apps.automations.models import Enrolment
from mailflatrate.base import tenancy
from mailflatrate.base.audit.account_log import AccountLogFilter, account_lines
from mailflatrate.entrypoints.api.v1.service import schema
from support.api import Program, program_of
from support.automations import Journey
from support.customers import Customer, sending_customer

SEND: dict[str, Any] = {"id": "a", "do": "send", "campaign": "new"}
WAIT: dict[str, Any] = {"id": "w", "do": "wait", "for": {"days": 2}}


@pytest.fixture
def anna(database: str) -> Customer:
    assert database
    return sending_customer()


@pytest.fixture
def journey(anna: Customer) -> Journey:
    """A welcome with two people at its wait, one of whom unsubscribed."""
    begun = Journey.begun(anna, SEND, WAIT)
    begun.arrive(*begun.contacts()[:2])
    begun.advance()
    return begun


def test_an_automation_its_version_and_its_figures(anna: Customer, journey: Journey) -> None:
    shop = program_of(anna, [KeyScope.READ])
    (listed,) = shop.get("/automations?state=active")["items"]
    assert (listed["id"], listed["name"], listed["list_id"]) == (journey.automation_id, "Welcome", anna.list_id)
    assert shop.get("/automations?state=ended")["items"] == []
    here = f"/automations/{journey.automation_id}"
    shown = shop.get(here)
    assert (shown["draft_version_id"], shown["finishing_version_ids"]) == (None, [])
    (version,) = shop.get(f"{here}/versions")["items"]
    assert (version["id"], version["state"]) == (shown["current_version_id"], "current")
    whole = shop.get(f"{here}/versions/{version['id']}")
    assert (whole["entered"], whole["under_way"], whole["finished"], whole["left"]) == (2, 2, 0, {})
    send, wait = whole["steps"]
    assert (send["kind"], send["entered"], send["passed"], send["targets"]) == ("send", 2, 2, [2])
    assert (send["message"]["planned"], wait["waiting"], wait["message"]) == (2, 2, None)
    assert whole["graph"]["steps"][1]["for"] == {"days": 2}


def test_the_automations_of_a_contact_page_by_page(anna: Customer, journey: Journey) -> None:
    shop = program_of(anna, [KeyScope.READ])
    dora = journey.contacts()[0]
    other = Journey.begun(anna, dict(SEND))
    other.arrive(dora)
    other.advance()
    first = shop.get(f"/contacts/{dora}/automations?limit=1")
    (newest,) = first["items"]
    assert (newest["automation_id"], newest["state"], newest["due_at"]) == (other.automation_id, "finished", None)
    (oldest,) = shop.get(f"/contacts/{dora}/automations?limit=1&cursor={first['next']}")["items"]
    assert (oldest["automation_id"], oldest["step"], oldest["why"]) == (journey.automation_id, "w", None)
    assert [(step["id"], step["kind"], step["result"]) for step in oldest["steps"]] == [("a", "send", "")]
    assert shop.get(f"/contacts/{journey.contacts()[2]}/automations")["items"] == []


def test_a_program_pauses_resumes_and_ends(anna: Customer, journey: Journey) -> None:
    shop, here = program_of(anna, [KeyScope.CAMPAIGNS_RELEASE]), f"/automations/{journey.automation_id}"
    assert shop.post(f"{here}/pause", None)["state"] == "paused"
    assert shop.refused("POST", f"{here}/pause") == (409, "state-conflict")
    assert shop.post(f"{here}/resume", None)["state"] == "active"
    assert shop.post(f"{here}/end", None)["state"] == "ended"
    assert shop.refused("POST", f"{here}/resume") == (409, "state-conflict")
    with tenancy.account(anna.account_id):
        assert {row.why for row in Enrolment.objects.all()} == {"stopped"}
    actions = [line.action for line in account_lines(anna.account_id, AccountLogFilter())][::-1]
    assert [each for each in actions if each.startswith("automation.")] == [
        "automation.paused",
        "automation.resumed",
        "automation.ended",
    ]


def test_reading_needs_its_scope_and_stopping_another(anna: Customer, journey: Journey) -> None:
    here = f"/automations/{journey.automation_id}"
    reader, releaser = program_of(anna, [KeyScope.READ]), program_of(anna, [KeyScope.CAMPAIGNS_RELEASE])
    for action in ("pause", "resume", "end"):
        assert reader.refused("POST", f"{here}/{action}") == (403, "scope-missing")
    for path in ("/automations", here, f"{here}/versions", f"/contacts/{journey.contacts()[0]}/automations"):
        assert releaser.refused("GET", path) == (403, "scope-missing")


def test_nothing_here_activates_an_automation() -> None:
    paths = [path for path in schema()["paths"] if "automation" in path]
    changes = {path.rpartition("/")[2] for path in paths if "post" in schema()["paths"][path]}
    assert changes == {"pause", "resume", "end"}
    assert not any({"put", "patch", "delete"} & schema()["paths"][path].keys() for path in paths)


def test_a_stranger_sees_and_stops_nothing(anna: Customer, journey: Journey) -> None:
    stranger: Program = program_of(sending_customer())
    here, version = f"/automations/{journey.automation_id}", journey.version().id
    assert stranger.get("/automations")["items"] == []
    for path in (
        here,
        f"{here}/versions",
        f"{here}/versions/{version}",
        f"/contacts/{journey.contacts()[0]}/automations",
    ):
        assert stranger.refused("GET", path) == (404, "not-found")
    for action in ("pause", "resume", "end"):
        assert stranger.refused("POST", f"{here}/{action}") == (404, "not-found")
    assert program_of(anna).get(here)["state"] == "active"
