"""Whom a follow-up leaves out, and in which order the reasons count."""

from mailflatrate.apps.campaigns.recipients import count_people
from mailflatrate.apps.segments.audience import Audience
from mailflatrate.apps.segments.follow_up import (
    GOAL_REACHED,
    GOAL_UNKNOWN,
    NOT_SENT_FIRST,
    PROMISE_REACHED,
    FollowUp,
    follow_up_exclusions,
)
from mailflatrate.base import clock, tenancy
from support.customers import sending_customer


def test_each_goal_has_its_reasons_and_no_one_is_reminded_of_what_they_did_not_get() -> None:
    anna = sending_customer(people=1)
    with tenancy.account(anna.account_id):
        by_event = FollowUp(1, clock.now(), event="order.placed")
        by_click = FollowUp(1, clock.now(), link="https://lindenhof.example/")
        reasons = [
            [reason for reason, _sql in follow_up_exclusions(each, [anna.list_id], "c")]
            for each in (by_event, by_click)
        ]
        assert reasons == [
            [NOT_SENT_FIRST, GOAL_REACHED, PROMISE_REACHED],
            [NOT_SENT_FIRST, GOAL_UNKNOWN, GOAL_REACHED, PROMISE_REACHED],
        ]
        for follow_up in (by_event, by_click):
            counted = count_people(Audience([anna.list_id], follow_up=follow_up), clock.now())
            assert (counted.recipients, counted.excluded) == (0, 1)
