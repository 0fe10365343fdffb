"""A goal names what the account has; from then on, events that it counts have to be readable."""

import pytest

from mailflatrate.apps.lists.actions.events import EventOutcome, ReportedEvent, record_events
from mailflatrate.apps.lists.errors import ListError
from mailflatrate.apps.lists.models import Contact
from mailflatrate.apps.tracking.conversion_goal import GoalOrder, set_goal
from mailflatrate.base import tenancy
from mailflatrate.rules.contacts.money import GoalProperties
from support.conversions import NAMES
from support.customers import sending_customer


def test_a_goal_names_what_exists_and_the_api_refuses_what_is_no_money() -> None:
    anna = sending_customer(people=1)
    with tenancy.account(anna.account_id):
        dora = Contact.objects.values_list("id", flat=True)[0]

        def report(**properties: object) -> EventOutcome:
            (found,) = record_events([ReportedEvent("order.placed", dora, properties=properties)])
            assert found.outcome is EventOutcome.RECORDED or "ISO 4217" in found.problem or "amount" in found.problem
            return found.outcome

        assert report(total=1.0, currency="EURO", coupon="x") is EventOutcome.RECORDED, "no one counts it yet"
        for order in (
            GoalOrder("order.lost", NAMES),
            GoalOrder("order.placed", GoalProperties("totl", "", "EUR")),
            GoalOrder("order.placed", GoalProperties("total", "total", "EUR")),
            GoalOrder("order.placed", GoalProperties("total", "", "EURO")),
            GoalOrder("order.placed", NAMES, 31),
        ):
            with pytest.raises(ListError):
                set_goal(order, by=anna.owner)
        set_goal(GoalOrder("order.placed", NAMES), by=anna.owner)
        assert report(total=5.0, currency="EURO") is EventOutcome.REFUSED
        assert report(total=1e12) is EventOutcome.REFUSED
        assert report(total=5.0, currency="eur") is EventOutcome.RECORDED
