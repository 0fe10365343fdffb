"""A welcome series from the first step to the last."""

from datetime import timedelta
from typing import Any

from mailflatrate.apps.automations.engine.advance import advance_account
from mailflatrate.apps.automations.engine.work import accounts_with_work
from mailflatrate.apps.lists.models import Subscription
from mailflatrate.base import clock, tenancy
from mailflatrate.base.tenancy import PlatformReason
from support.automations import Journey
from support.customers import Customer

Step = dict[str, Any]


def test_a_series_reaches_everyone_once(anna: Customer, send: Step, wait: Step, again: Step) -> None:
    journey = Journey.begun(anna, send, wait, again)
    people = journey.contacts()
    journey.arrive(*people)
    journey.advance()
    assert set(journey.at().values()) == {"w"}
    assert journey.planned() == [(number, "a") for number in people]
    with clock.frozen_at(clock.now() + timedelta(days=2, minutes=1)):
        journey.advance()
        journey.advance()
    assert set(journey.at().values()) == {"finished"}
    assert journey.planned() == sorted([(number, name) for number in people for name in "ab"])
    assert journey.path(people[0]) == ["a", "w", "b"]


def test_a_no_ends_the_enrolment_in_the_same_transaction(anna: Customer, wait: Step, again: Step) -> None:
    journey = Journey.begun(anna, wait, again)
    people = journey.contacts()
    journey.arrive(*people)
    journey.advance()
    with tenancy.account(anna.account_id):
        Subscription.objects.filter(contact_id=people[1]).update(state="unsubscribed", unsubscribed_at=clock.now())
        assert journey.at()[people[1]] == "unsubscribed"
    with clock.frozen_at(clock.now() + timedelta(days=3)):
        journey.advance()
    assert journey.planned() == [(people[0], "b"), (people[2], "b")]


def test_an_account_has_work_only_while_someone_is_due(anna: Customer, wait: Step, again: Step) -> None:
    journey = Journey.begun(anna, wait, again)

    def has_work(days: int = 0) -> bool:
        with tenancy.platform(PlatformReason.HOUSEKEEPING):
            return anna.account_id in accounts_with_work(clock.now() + timedelta(days=days))

    assert not has_work()
    journey.arrive(*journey.contacts())
    assert has_work()
    journey.advance()
    assert not has_work() and has_work(days=3)


def test_when_time_is_up_the_rest_is_reported(anna: Customer, send: Step) -> None:
    journey = Journey.begun(anna, send)
    journey.arrive(*journey.contacts())
    assert advance_account(anna.account_id, run_seconds=-1)
    journey.advance()
    assert len(journey.planned()) == 3
