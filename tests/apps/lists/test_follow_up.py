"""Whom a follow-up leaves out, and in which order the reasons count."""

import pytest

from mailflatrate.apps.lists.audience import Audience
from mailflatrate.apps.lists.follow_up import (
    GOAL_REACHED,
    GOAL_UNKNOWN,
    NOT_SENT_FIRST,
    PROMISE_REACHED,
    FollowUp,
    follow_up_exclusions,
)
from mailflatrate.apps.lists.queries import count_audience
from mailflatrate.base import clock, tenancy
from support.customers import sending_customer


@pytest.mark.usefixtures("database")
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
        assert count_audience(Audience([anna.list_id], follow_up=by_event)) == (0, 1)
        assert count_audience(Audience([anna.list_id], follow_up=by_click)) == (0, 1)
