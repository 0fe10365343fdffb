"""A step calls one of the account's webhooks, signed, through the queue and log of all webhooks; it stops no one."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from mailflatrate.apps.automations.actions import drafts
from mailflatrate.apps.automations.checking import problems_of
from mailflatrate.apps.automations.engine.steps import WEBHOOK_OFF
from mailflatrate.apps.automations.models import StepPassage
from mailflatrate.apps.events import delivering, queries
from mailflatrate.apps.events.actions import endpoints
from mailflatrate.apps.events.actions.endpoints import EndpointOrder
from mailflatrate.apps.events.models import WebhookAttempt, WebhookEndpoint
from mailflatrate.base import clock, tenancy
from mailflatrate.rules.events import EventType
from mailflatrate.settings import load_settings
from support.automations import Journey
from support.customers import Customer, sending_customer
from support.receiver import Receiver, receiver
from support.scope import rows, within

Step = dict[str, Any]


@pytest.fixture
def program(monkeypatch: pytest.MonkeyPatch) -> Iterator[Receiver]:
    monkeypatch.setenv("MAILFLATRATE_WEBHOOK_NETWORKS", "127.0.0.0/8")
    load_settings.cache_clear()
    with receiver() as found:
        yield found
    monkeypatch.undo()
    load_settings.cache_clear()


def endpoint(anna: Customer, program: Receiver, path: str = "", *types: EventType) -> int:
    """An endpoint of Anna's at the program; the program knows the secret of the last one."""
    made = within(anna, endpoints.create_endpoint, EndpointOrder(program.url + path, "", types), by=anna.owner)
    program.secret = made.secret
    return made.endpoint.id


def call(number: int) -> Step:
    return {"id": "c", "do": "webhook", "endpoint": number}


def test_a_step_calls_its_webhook_once_for_each_person(anna: Customer, program: Receiver, send: Step) -> None:
    """Signed, with ids and codes only; no other endpoint gets it, whatever types either of them chose."""
    other = endpoint(anna, program, "?other")
    mine = endpoint(anna, program, "", EventType.CONTACT_ERASED)
    journey = Journey.begun(anna, call(mine), send)
    people = journey.contacts()
    journey.arrive(*people)
    for _job in range(2):
        journey.advance()
    with tenancy.account(anna.account_id):
        assert queries.backlog(WebhookEndpoint.objects.get(id=mine)) == len(people)
    assert delivering.deliver(anna.account_id, mine) == len(people)
    assert program.forged == 0 and set(program.types) == {"automation.step"}
    assert sorted(event["data"]["contact_id"] for event in program.taken) == people
    first = program.taken[0]["data"]
    assert first.keys() == {"automation_id", "enrolment_id", "contact_id", "step", "webhook_id"}
    assert (first["automation_id"], first["step"], first["webhook_id"]) == (journey.automation_id, "c", mine)
    delivering.deliver(anna.account_id, other)
    told = set(rows(anna, WebhookAttempt).filter(endpoint_id=other).values_list("type", flat=True))
    assert "automation.entered" in told and "automation.step" not in told
    assert set(journey.at().values()) == {"finished"} and len(journey.planned()) == len(people)


def test_only_the_named_endpoint_is_woken(anna: Customer, program: Receiver, owner: Any) -> None:
    steps_only = EventType.AUTOMATION_STEP
    mine, other = endpoint(anna, program, "?a", steps_only), endpoint(anna, program, "?b", steps_only)
    journey = Journey.begun(anna, call(mine))
    journey.arrive(*journey.contacts())
    journey.advance()
    question = "SELECT count(*) FROM procrastinate_jobs WHERE status = 'todo' AND lock = %s"
    woken = [owner.execute(question, [f"webhook-{number}"]).fetchone()[0] for number in (mine, other)]
    assert woken[0] > 0 and woken[1] == 0


@pytest.mark.parametrize("fate", ["dead", "off", "deleted"])
def test_an_endpoint_that_does_not_answer_stops_no_one(
    anna: Customer, program: Receiver, send: Step, fate: str
) -> None:
    mine = endpoint(anna, program)
    journey = Journey.begun(anna, call(mine), send)
    program.status = 503
    with tenancy.account(anna.account_id):
        if fate == "off":
            endpoints.switch_endpoint(mine, is_on=False, by=anna.owner)
        elif fate == "deleted":
            endpoints.delete_endpoint(mine, by=anna.owner)
    people = journey.contacts()
    journey.arrive(*people)
    journey.advance()
    delivering.deliver(anna.account_id, mine)
    assert journey.planned() == [(number, "a") for number in people]
    with tenancy.account(anna.account_id):
        results = set(StepPassage.objects.filter(step="c").values_list("result", flat=True))
        assert results == {"" if fate == "dead" else WEBHOOK_OFF}
        if fate == "off":
            endpoints.switch_endpoint(mine, is_on=True, by=anna.owner)
    program.status = 204
    with clock.frozen_at(clock.now() + timedelta(minutes=5)):
        delivering.deliver(anna.account_id, mine)
    taken = [event["data"]["contact_id"] for event in program.taken if event["type"] == "automation.step"]
    assert sorted(taken) == ([] if fate == "deleted" else people)


def test_a_private_address_is_refused_and_noted(anna: Customer, program: Receiver, send: Step) -> None:
    """The address leads into our network, which the operator did not open."""
    mine = endpoint(anna, program)
    journey = Journey.begun(anna, call(mine), send)
    journey.arrive(*journey.contacts())
    journey.advance()
    load_settings.cache_clear()
    with pytest.MonkeyPatch.context() as closed:
        closed.delenv("MAILFLATRATE_WEBHOOK_NETWORKS")
        load_settings.cache_clear()
        assert delivering.deliver(anna.account_id, mine) == 0
    load_settings.cache_clear()
    assert program.taken == []
    assert rows(anna, WebhookAttempt).filter(endpoint_id=mine, is_taken=False, status=None).exists()
    assert len(journey.planned()) == 3


def test_another_customer_s_webhook_is_not_called(anna: Customer, program: Receiver) -> None:

    carla = sending_customer(1)
    theirs = endpoint(carla, program)
    journey = Journey.drafted(anna, call(theirs))
    with tenancy.account(anna.account_id):
        assert {each.step for each in problems_of(drafts.draft_of(journey.automation_id))} == {"c"}
