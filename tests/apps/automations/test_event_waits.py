"""Events start automations, end waits and decide branches and goals: never lost, never twice, in their order."""

from datetime import timedelta
from typing import Any

import pytest

from mailflatrate.apps.automations.actions.drafts import begin_version
from mailflatrate.apps.automations.actions.running import pause_automation, resume_automation
from mailflatrate.apps.automations.figures import version_figures
from mailflatrate.apps.automations.models import AutomationArrival, StepPassage
from mailflatrate.apps.lists.actions.events import ReportedEvent, declare_event, record_events
from mailflatrate.apps.lists.models import Subscription
from mailflatrate.base import clock, tenancy
from mailflatrate.rules.contacts.contact_events import FRESH_DAYS, PropertyType
from support.automations import Journey
from support.customers import Customer, sending_customer
from support.scope import rows, within

Step = dict[str, Any]
ORDERED: dict[str, Any] = {"on": "event", "name": "order.placed"}
UNTIL_ORDER: Step = {"id": "e", "do": "wait", "event": "order.placed", "at_most_days": 7}
DEAR = [
    {
        "field": "event",
        "op": "did",
        "event": "order.placed",
        "times": 1,
        "days": 30,
        "where": [{"property": "total", "op": "at_least", "value": 100}],
    }
]


@pytest.fixture
def shop(anna: Customer) -> Customer:
    with tenancy.account(anna.account_id):
        for name in ("order.placed", "cart.left"):
            declare_event(name, {"total": PropertyType.NUMBER})
    return anna


def report(shop: Customer, *contact_ids: int, name: str = "order.placed", total: float = 5, **more: Any) -> None:
    """The shop reports one event for each of these contacts."""
    within(shop, record_events, [ReportedEvent(name, one, properties={"total": total}, **more) for one in contact_ids])


def test_an_event_lets_its_person_in_once(shop: Customer, send: Step) -> None:
    journey = Journey.begun(shop, send, entry=ORDERED, reentry={"mode": "always", "days": 0})
    people = journey.contacts()
    report(shop, people[0], key="4711")
    report(shop, people[1], name="cart.left")
    journey.advance()
    report(shop, people[0], key="4711")  # the shop tries again
    journey.advance()
    assert [(row.contact_id, row.run) for row in journey.enrolments()] == [(people[0], 1)]
    report(shop, people[0], key="4712")
    journey.advance()
    assert [row.run for row in journey.enrolments()] == [1, 2]
    assert journey.planned() == [(people[0], "a")] * 2


def test_an_event_is_no_consent(shop: Customer, send: Step) -> None:
    """Whoever unsubscribed, or isn't a contact, gets nothing; and no one is added."""
    journey = Journey.begun(shop, send, entry=ORDERED)
    people = journey.contacts()
    rows(shop, Subscription).filter(contact_id=people[0]).update(state="unsubscribed", unsubscribed_at=clock.now())
    report(shop, people[0], people[-1] + 1_000_000)
    journey.advance()
    assert journey.at() == {} and journey.contacts() == people
    assert not rows(shop, AutomationArrival).exists()


def test_what_is_uploaded_as_history_starts_nothing(shop: Customer, send: Step) -> None:
    journey = Journey.begun(shop, send, entry=ORDERED)
    people, now = journey.contacts(), clock.now()
    report(shop, people[0], at=now - timedelta(days=FRESH_DAYS, minutes=1))
    report(shop, people[1], at=now - timedelta(days=FRESH_DAYS) + timedelta(minutes=1))
    journey.advance()
    assert set(journey.at()) == {people[1]}


def test_a_wait_ends_when_the_event_comes_or_time_is_up(shop: Customer, again: Step) -> None:
    journey = Journey.begun(shop, UNTIL_ORDER, again)
    people = journey.contacts()
    report(shop, people[1])  # before the wait
    journey.arrive(*people)
    journey.advance()
    assert set(journey.at().values()) == {"e"}
    report(shop, people[0], people[0])
    report(shop, people[1], name="cart.left")
    journey.advance()
    assert journey.at() == {people[0]: "finished", people[1]: "e", people[2]: "e"}
    assert journey.planned() == [(people[0], "b")]
    with clock.frozen_at(clock.now() + timedelta(days=7, minutes=1)):
        journey.advance()
    assert journey.planned() == [(number, "b") for number in people]
    with tenancy.account(shop.account_id):
        ended = StepPassage.objects.filter(step="e").order_by("enrolment__contact_id").values_list("target", flat=True)
        assert list(ended) == [0, 1, 1]
        figures = version_figures(journey.version().id).steps["e"]
    assert figures.targets == {0: 1, 1: 2} and figures.waiting == 0


def test_the_event_that_starts_it_does_not_end_the_wait_for_the_next_one(shop: Customer, again: Step) -> None:
    """Not its own row, but one that came right after it, before anyone looked."""
    journey = Journey.begun(shop, UNTIL_ORDER, again, entry=ORDERED)
    people = journey.contacts()
    report(shop, *people[:2])
    report(shop, people[1])
    journey.advance()
    assert journey.at() == {people[0]: "e", people[1]: "finished"}
    assert journey.planned() == [(people[1], "b")]


def test_no_event_is_lost_during_a_pause_or_a_new_version(shop: Customer, again: Step) -> None:
    journey = Journey.begun(shop, UNTIL_ORDER, again)
    people = journey.contacts()
    journey.arrive(*people)
    journey.advance()
    within(shop, pause_automation, journey.automation_id, by=shop.owner)
    report(shop, people[0])
    journey.advance()
    assert journey.at()[people[0]] == "e"
    with tenancy.account(shop.account_id):
        resume_automation(journey.automation_id, by=shop.owner)
        begin_version(journey.automation_id, by=shop.owner)
    journey.activate()
    for _job in range(2):  # people who wait in the version before go on in the next job
        journey.advance()
    assert journey.at() == {people[0]: "finished", people[1]: "e", people[2]: "e"}
    report(shop, people[1])
    for _job in range(2):
        journey.advance()
    assert journey.at()[people[1]] == "finished"


def test_branches_and_goals_ask_for_events(shop: Customer, send: Step, wait: Step, again: Step) -> None:
    branch: Step = {"id": "x", "do": "branch", "if": DEAR, "then": [send], "else": [again]}
    journey = Journey.begun(shop, branch)
    goal = Journey.begun(shop, dict(wait), dict(again), goal={"if": DEAR})
    people = journey.contacts()
    report(shop, people[0], total=100)
    report(shop, people[1], total=99)
    for each in (journey, goal):
        each.arrive(*people)
        each.advance()
    assert journey.planned() == [(people[0], "a"), (people[1], "b"), (people[2], "b")]
    assert set(goal.at().values()) == {"w"}
    report(shop, people[1], total=500)
    with clock.frozen_at(clock.now() + timedelta(days=3)):
        goal.advance()
    assert goal.at() == {people[0]: "goal", people[1]: "goal", people[2]: "finished"}
    assert goal.planned() == [(people[2], "b")]


def test_a_stranger_s_events_start_nothing_here(shop: Customer, send: Step) -> None:
    carla = sending_customer(1)
    journey = Journey.begun(shop, send, entry=ORDERED)
    with tenancy.account(carla.account_id):
        results = record_events([ReportedEvent("order.placed", journey.contacts()[0])])
    assert [each.outcome.value for each in results] == ["unknown"]
    journey.advance()
    assert journey.at() == {}
