"""A shop that reports orders, and rows of conversions."""

from datetime import datetime, timedelta
from typing import Any

from mailflatrate.apps.campaigns.actions.coupons import create_pool
from mailflatrate.apps.campaigns.models import Campaign, CouponCode
from mailflatrate.apps.delivery.models import Delivery
from mailflatrate.apps.lists.actions.events import EventOutcome, ReportedEvent, record_events
from mailflatrate.apps.lists.actions.tracking import choose_tracking
from mailflatrate.apps.lists.models import Contact, ContactEvent, ConversionGoal
from mailflatrate.apps.tracking.conversion_goal import GoalOrder, set_goal
from mailflatrate.apps.tracking.conversions import count_account
from mailflatrate.apps.tracking.models import Click, Conversion, ConversionDay, ConversionFold
from mailflatrate.base import clock, tenancy
from mailflatrate.rules.contacts.money import GoalProperties
from support.customers import Customer, sending_customer

NAMES = GoalProperties("total", "currency", "EUR", "coupon")
LATER = timedelta(minutes=40)


class Shop:
    """Two campaigns to six readers, all of whom agreed to be recorded but the last, and what they bought."""

    def __init__(self) -> None:
        self.anna: Customer = sending_customer(people=6)
        self.now = clock.now()
        self.spring, self.summer = self.anna.sending("Spring"), self.anna.sending("Summer")
        with tenancy.account(self.anna.account_id):
            Campaign.objects.update(started_at=self.now - timedelta(days=5))
            self.people = list(Contact.objects.order_by("id").values_list("id", flat=True))
            for each in self.people[:-1]:
                self.choose(each, agrees=True)
            self.report(self.people[0], total=1.0, currency="EUR", coupon="x", days_ago=90)
            set_goal(GoalOrder("order.placed", NAMES), by=self.anna.owner)

    def choose(self, contact_id: int, *, agrees: bool) -> None:
        choose_tracking(
            contact_id, agrees=agrees, wording="w", language="en", source="test", ip="203.0.113.9", user_agent=""
        )

    def click(self, campaign: Campaign, contact_id: int, at: datetime, **values: Any) -> None:
        delivery = Delivery.objects.get(campaign=campaign, contact_id=contact_id)
        Click.objects.create(
            campaign=campaign, edition_id=delivery.edition_id, link_number=1, delivery_id=delivery.id, at=at, **values
        )

    def report(self, contact_id: int, *, days_ago: float = 0, **properties: Any) -> EventOutcome:
        at = clock.now() - timedelta(days=days_ago)
        (found,) = record_events([ReportedEvent("order.placed", contact_id, at=at, properties=properties)])
        return found.outcome

    def count(self) -> None:
        with clock.frozen_at(self.now + LATER):
            count_account(self.anna.account_id)

    def buy(self) -> None:
        """What the six did: two campaigns, a late one, a machine, one without consent, a refund, a code, a repeat."""
        dora, ben, cleo, emil, fred, greta = self.people
        days = {number: self.now - timedelta(days=number) for number in range(12)}
        pool, _codes = create_pool("Spring", b"AAA-111", by=None)
        CouponCode.objects.filter(pool=pool).update(contact_id=greta, campaign_id=self.spring.id, given_at=days[4])
        self.click(self.spring, dora, days[3])
        self.click(self.summer, dora, days[2])
        self.click(self.spring, ben, days[2], machine=True)
        self.click(self.spring, cleo, days[9])
        self.click(self.summer, emil, days[1])
        self.report(dora, total=49.9, days_ago=1.5)
        self.report(dora, total=19.99, currency="chf", days_ago=1.4)
        self.report(dora, total=-10.1, days_ago=0.5)
        self.report(ben, total=5)
        self.report(cleo, total=5)
        self.report(emil, days_ago=0.5)
        self.report(fred, total=7, coupon="AAA-111")
        self.report(greta, total=8, coupon="AAA-111")


def leave_conversions(campaign: Campaign, delivery: Delivery) -> None:
    """Let the account count its newest event as a conversion of a campaign."""
    event = ContactEvent.objects.latest("id")
    ConversionGoal.objects.create(event_type_id=event.event_type_id, amount_property="total", currency="EUR")
    ConversionFold.objects.create(event_type_id=event.event_type_id)
    values = {"edition_id": delivery.edition_id, "day": 0, "source": "click", "currency": "EUR", "amount": "49.90"}
    Conversion.objects.create(event=event, contact_id=event.contact_id, campaign=campaign, is_refund=False, **values)
    ConversionDay.objects.create(campaign=campaign, conversions=1, refunds=0, **values)
