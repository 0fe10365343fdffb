"""Two automations that the same moment starts: named before, and the same message reaches a person once."""

from html import unescape
from typing import Any

import pytest

from mailflatrate.apps.automations.actions import drafts, release
from mailflatrate.apps.automations.overlaps import overlaps_of
from mailflatrate.apps.campaigns.actions.drafts import update_campaign
from mailflatrate.apps.campaigns.models import Campaign
from mailflatrate.base import tenancy
from support.automations import Journey
from support.customers import WHERE, Customer
from support.desk import desk
from support.scope import rows

Step = dict[str, Any]


@pytest.fixture
def same(send: Step) -> Step:
    return {**send, "subject": "Welcome"}


def named(journey: Journey) -> list[tuple[int, tuple[str, ...]]]:
    with tenancy.account(journey.customer.account_id):
        found = overlaps_of(drafts.draft_of(journey.automation_id))
    return [(other.id, tuple(subjects)) for other, subjects in found]


def message(journey: Journey) -> int:
    return rows(journey.customer, Campaign).get(automation_id=journey.automation_id).id


@pytest.mark.parametrize("order", [1, -1])
def test_the_same_message_of_two_automations_reaches_a_person_once(anna: Customer, same: Step, order: int) -> None:
    one, other = Journey.begun(anna, same), Journey.begun(anna, same)
    people = one.contacts()
    for journey in (one, other)[::order]:
        journey.arrive(*people)
    one.advance()
    got = [contact_id for journey in (one, other) for contact_id, _name in journey.planned()]
    assert sorted(got) == sorted(people)
    assert {*one.at().values(), *other.at().values()} == {"finished"}, "everyone goes on in both"


def test_another_message_reaches_them_from_both(anna: Customer, send: Step, again: Step) -> None:
    one, other = Journey.begun(anna, send), Journey.begun(anna, again)
    people = one.contacts()
    for journey in (one, other):
        journey.arrive(*people)
    one.advance()
    assert len(one.planned()) == len(other.planned()) == len(people)


def test_what_starts_at_the_same_moment_is_named_with_what_both_say(anna: Customer, same: Step, send: Step) -> None:
    running = Journey.begun(anna, same)
    twin, different = Journey.drafted(anna, same), Journey.drafted(anna, send)
    elsewhere = Journey.drafted(anna, same, entry={"on": "inactive", "days": 90})
    assert named(twin) == [(running.automation_id, ("Welcome",))]
    assert named(different) == [(running.automation_id, ())]
    assert named(elsewhere) == []
    with tenancy.account(anna.account_id):
        update_campaign(message(twin), {"subject": "Something else"}, by=anna.owner)
    assert named(twin) == [(running.automation_id, ())]


def test_the_author_and_the_reviewer_are_warned(same: Step) -> None:
    carla = Customer.vetted("Twice", watched=True).with_imprint().with_sender().with_list().with_people(2).signed_in()
    first, second = Journey.drafted(carla, same), Journey.drafted(carla, same)
    activate(first)
    words = "“Welcome” starts at the same moment"
    assert words in unescape(carla.page(f"automations/{second.automation_id}/release/"))
    activate(second)
    page = unescape(desk().page(f"automations/{second.automation_id}/"))
    assert words in page and "Both send the same message: Welcome." in page


def activate(journey: Journey) -> None:
    shown = journey.shown_hash()
    with tenancy.account(journey.customer.account_id):
        release.activate(journey.automation_id, by=journey.customer.owner, shown_hash=shown, where=WHERE)
