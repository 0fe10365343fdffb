"""Who may enter, and how often."""

from datetime import timedelta
from typing import Any

from mailflatrate.apps.automations.models import AutomationArrival
from mailflatrate.apps.lists.actions.tags import create_tag
from mailflatrate.apps.lists.models import Subscription
from mailflatrate.apps.lists.tags import give_tags
from mailflatrate.base import clock, tenancy
from support.automations import Journey
from support.customers import Customer

Step = dict[str, Any]


def test_without_a_confirmed_subscription_no_one_enters(anna: Customer, send: Step) -> None:
    journey = Journey.begun(anna, send)
    people = journey.contacts()
    with tenancy.account(anna.account_id):
        Subscription.objects.filter(contact_id=people[0]).update(state="unsubscribed", unsubscribed_at=clock.now())
    journey.arrive(*people, people[-1] + 1_000_000)
    journey.advance()
    assert set(journey.at()) == set(people[1:])
    with tenancy.account(anna.account_id):
        assert not AutomationArrival.objects.exists()


def test_a_tag_lets_people_in(anna: Customer, send: Step) -> None:
    with tenancy.account(anna.account_id):
        tag, other = create_tag("Regular"), create_tag("Rare")
    journey = Journey.begun(anna, send, entry={"on": "tag_added", "tag": tag.id})
    people = journey.contacts()
    with tenancy.account(anna.account_id):
        give_tags(people[:2], [tag.id])
        give_tags(people, [other.id])
    journey.advance()
    assert set(journey.at()) == set(people[:2])


def test_people_enter_again_as_often_as_the_author_says(anna: Customer, send: Step) -> None:
    never, after, always = (
        Journey.begun(anna, dict(send), reentry={"mode": mode, "days": 30}) for mode in ("never", "after", "always")
    )
    runs = []
    for days in (0, 1, 40):
        with clock.frozen_at(clock.now() + timedelta(days=days)):
            for journey in (never, after, always):
                journey.arrive(journey.contacts()[0])
            never.advance()
            runs.append([len(journey.enrolments()) for journey in (never, after, always)])
    assert runs == [[1, 1, 1], [1, 1, 2], [1, 2, 3]]
    assert len(always.planned()) == 3


def test_whoever_is_under_way_does_not_enter_a_second_time(anna: Customer, wait: Step) -> None:
    journey = Journey.begun(anna, wait, reentry={"mode": "always", "days": 0})
    for _time in range(2):
        journey.arrive(journey.contacts()[0], journey.contacts()[0])
        journey.advance()
    assert [row.run for row in journey.enrolments()] == [1]
