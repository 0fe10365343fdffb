"""What a graph refers to has to be there, and to suit it."""

from typing import Any

import pytest

from mailflatrate.apps.automations.actions import drafts
from mailflatrate.apps.automations.checking import problems_of
from mailflatrate.apps.lists.actions.fields import FieldDraft, create_field
from mailflatrate.apps.lists.actions.tags import create_tag
from mailflatrate.base import tenancy
from support.automations import Journey
from support.customers import Customer, sending_customer
from support.scope import within

Step = dict[str, Any]
END: Step = {"id": "z", "do": "end"}


@pytest.fixture(scope="module")
def anna() -> Customer:
    """Anna, with a number about each contact; each test has automations of its own."""
    customer = sending_customer()
    with tenancy.account(customer.account_id):
        create_field(FieldDraft(label="Level", key="level", purpose="To write at the right time", type="number"))
    return customer


def problems(journey: Journey) -> set[str]:
    with tenancy.account(journey.customer.account_id):
        return {problem.step for problem in problems_of(drafts.draft_of(journey.automation_id))}


@pytest.mark.parametrize(
    "step",
    [
        {"id": "a", "do": "send", "campaign": 999_999_999},
        {"id": "a", "do": "add_tag", "tag": 999_999_999},
        {"id": "a", "do": "set_field", "field": "nothing", "value": 1},
        {"id": "a", "do": "set_field", "field": "level", "value": "much"},
        {"id": "a", "do": "wait", "date": "level", "offset_days": 1},
        {"id": "a", "do": "wait", "event": "purchase", "at_most_days": 3},
        {"id": "a", "do": "notify", "user": 999_999_999, "text": "Hello"},
        {"id": "a", "do": "webhook", "endpoint": 1},
        {"id": "a", "do": "go_to", "automation": 999_999_999},
        {"id": "a", "do": "branch", "if": [{"field": "no"}], "then": [END], "else": []},
    ],
    ids=lambda step: str(sorted(step.items()))[:60],
)
def test_a_step_that_refers_to_nothing_is_named(anna: Customer, step: Step) -> None:
    assert problems(Journey.drafted(anna, step)) == {"a"}


def test_messages_of_others_are_not_used(anna: Customer, send: Step) -> None:
    """Neither another automation's nor a campaign, and never another customer's."""
    carla = sending_customer(1)
    others = [anna.draft().id, carla.draft().id]
    with tenancy.account(anna.account_id):
        own = Journey.drafted(anna)
        others.append(drafts.create_message(own.automation_id, "x", by=anna.owner).id)
    for campaign in others:
        assert problems(Journey.drafted(anna, send | {"campaign": campaign})) == {"a"}


def test_automations_do_not_lead_in_circles(anna: Customer, wait: Step) -> None:
    first = Journey.begun(anna, wait)
    second = Journey.begun(anna, {"id": "g", "do": "go_to", "automation": first.automation_id})
    within(anna, drafts.begin_version, first.automation_id, by=anna.owner)
    first.save({"id": "g", "do": "go_to", "automation": second.automation_id})
    assert problems(first) == {"g"}
    first.save({"id": "g", "do": "go_to", "automation": first.automation_id})
    assert problems(first) == {"g"}


def test_automations_do_not_start_each_other_by_tags_forever(anna: Customer, send: Step) -> None:
    with tenancy.account(anna.account_id):
        one, two = create_tag("One"), create_tag("Two")

    def graph(starts: int, mode: str) -> dict[str, Any]:
        return {"entry": {"on": "tag_added", "tag": starts}, "reentry": {"mode": mode, "days": 0}}

    def steps(gives: int) -> list[Step]:
        return [
            dict(send),
            {"id": "off", "do": "remove_tag", "tag": gives},
            {"id": "on", "do": "add_tag", "tag": gives},
        ]

    Journey.begun(anna, *steps(two.id), **graph(one.id, "always"))
    assert problems(Journey.drafted(anna, *steps(one.id), **graph(two.id, "always"))) == {"on"}
    assert problems(Journey.drafted(anna, *steps(two.id), **graph(two.id, "always"))) == {"on"}
    assert problems(Journey.drafted(anna, *steps(one.id), **graph(two.id, "never"))) == set(), "ends after one round"
    assert problems(Journey.drafted(anna, *steps(two.id), **graph(one.id, "always"))) == set(), "leads elsewhere"


def test_what_starts_it_is_checked(anna: Customer) -> None:
    for entry in (
        {"on": "confirmed", "form": 999_999_999},
        {"on": "event", "name": "purchase"},
        {"on": "date", "field": "nothing"},
        {"on": "segment_left", "segment": 999_999_999},
    ):
        assert problems(Journey.drafted(anna, END, entry=entry)) == {"entry"}
