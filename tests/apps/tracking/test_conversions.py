"""Events count once, for the campaign that led to them, with consent or by a code; the figures name no one."""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import psycopg
import pytest

from mailflatrate.apps.campaigns.actions.coupons import create_pool
from mailflatrate.apps.campaigns.models import Campaign, CouponCode
from mailflatrate.apps.delivery.models import Delivery
from mailflatrate.apps.lists.actions.consent import object_to_mail
from mailflatrate.apps.lists.actions.events import EventOutcome, ReportedEvent, delete_old_events, record_events
from mailflatrate.apps.lists.actions.tracking import choose_tracking
from mailflatrate.apps.lists.errors import ListError
from mailflatrate.apps.lists.models import Contact, ContactEvent
from mailflatrate.apps.privacy.actions.erasure import erase_for_customer
from mailflatrate.apps.tracking.conversion_goal import GoalOrder, set_goal
from mailflatrate.apps.tracking.conversions import count_account, count_conversions
from mailflatrate.apps.tracking.models import Click, Conversion, ConversionDay, ConversionFold
from mailflatrate.base import clock, tenancy
from mailflatrate.rules.money import GoalProperties
from mailflatrate.settings.roles import APP_ROLE, PLATFORM_ROLE, app_url
from mailflatrate.settings.schema import load_settings
from support.customers import Customer, sending_customer

NAMES = GoalProperties("total", "currency", "EUR", "coupon")
LATER = timedelta(minutes=40)


class Shop:
    """Two campaigns to six readers, all of whom agreed to be recorded but the last."""

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


def figures() -> list[tuple[int, int, str, str, int, int, Decimal]]:
    rows = ConversionDay.objects.order_by("campaign_id", "day", "source", "currency")
    return list(rows.values_list("campaign_id", "day", "source", "currency", "conversions", "refunds", "amount"))


@pytest.fixture
def shop(database: str) -> Shop:
    assert database
    return Shop()


def bought(shop: Shop) -> None:
    """What the six did: two campaigns, a late one, a machine, one without consent, a refund, a code, a repeat."""
    dora, ben, cleo, emil, fred, greta = shop.people
    days = {number: shop.now - timedelta(days=number) for number in range(12)}
    pool, _codes = create_pool("Spring", b"AAA-111", by=None)
    CouponCode.objects.filter(pool=pool).update(contact_id=greta, campaign_id=shop.spring.id, given_at=days[4])
    shop.click(shop.spring, dora, days[3])
    shop.click(shop.summer, dora, days[2])
    shop.click(shop.spring, ben, days[2], machine=True)
    shop.click(shop.spring, cleo, days[9])
    shop.click(shop.summer, emil, days[1])
    shop.report(dora, total=49.9, days_ago=1.5)
    shop.report(dora, total=19.99, currency="chf", days_ago=1.4)
    shop.report(dora, total=-10.1, days_ago=0.5)
    shop.report(ben, total=5)
    shop.report(cleo, total=5)
    shop.report(emil, days_ago=0.5)
    shop.report(fred, total=7, coupon="AAA-111")
    shop.report(greta, total=8, coupon="AAA-111")


EXPECTED = [
    ("spring", 5, "coupon", "EUR", 1, 0, "7.0000"),
    ("summer", 3, "click", "CHF", 1, 0, "19.9900"),
    ("summer", 3, "click", "EUR", 1, 0, "49.9000"),
    ("summer", 4, "click", "", 1, 0, "0.0000"),
    ("summer", 4, "click", "EUR", 0, 1, "-10.1000"),
]


def named(shop: Shop) -> list[tuple[str, int, str, str, int, int, str]]:
    names = {shop.spring.id: "spring", shop.summer.id: "summer"}
    return [(names[row[0]], *row[1:6], str(row[6])) for row in figures()]


def test_each_event_counts_once_for_the_last_click_or_the_code_and_a_recount_says_the_same(shop: Shop) -> None:
    with tenancy.account(shop.anna.account_id):
        bought(shop)
    count_account(shop.anna.account_id)
    with tenancy.account(shop.anna.account_id):
        assert figures() == [], "nothing is counted before half an hour has passed"
    shop.count()
    shop.count()
    with tenancy.account(shop.anna.account_id):
        assert named(shop) == EXPECTED
        assert Conversion.objects.count() == 5
        set_goal(GoalOrder("order.placed", NAMES), by=shop.anna.owner)
    shop.count()
    with tenancy.account(shop.anna.account_id):
        assert named(shop) == EXPECTED, "a replay gives the same again"
        set_goal(GoalOrder("order.placed", NAMES, 2), by=shop.anna.owner)
    shop.count()
    with tenancy.account(shop.anna.account_id):
        assert ("summer", 3, "click", "EUR", 1, 0, "49.9000") in named(shop)
        set_goal(None, by=shop.anna.owner)
    with clock.frozen_at(shop.now + LATER):
        count_conversions()
    with tenancy.account(shop.anna.account_id):
        assert (figures(), Conversion.objects.count(), ConversionFold.objects.count()) == ([], 0, 0)


def test_the_link_to_a_person_ends_at_once_and_the_figures_stay(shop: Shop) -> None:
    dora, _ben, _cleo, emil, fred, greta = shop.people
    with tenancy.account(shop.anna.account_id):
        bought(shop)
    shop.count()
    with tenancy.account(shop.anna.account_id):
        shop.choose(dora, agrees=False)
        assert not Conversion.objects.filter(contact_id=dora).exists()
        assert Click.objects.filter(delivery_id__isnull=True).count() == 2, "her clicks are numbers now"
        assert Click.objects.filter(delivery_id__isnull=False).count() == 3
        object_to_mail(emil, source="test")
        assert not Conversion.objects.filter(contact_id=emil).exists()
        assert Conversion.objects.get().contact_id == fred, "a code isn't a recorded click"
        erase_for_customer(fred, by=shop.anna.owner)
        assert not Conversion.objects.exists()
        assert named(shop) == EXPECTED
        set_goal(GoalOrder("order.placed", NAMES), by=shop.anna.owner)
    shop.count()
    with tenancy.account(shop.anna.account_id):
        found = [row for row in named(shop) if row[2] == "click"]
        assert found == [row for row in EXPECTED if row[2] == "click"], "a recount loses nothing and adds nothing"
        shop.choose(greta, agrees=True)
        shop.click(shop.spring, greta, shop.now - timedelta(days=1))
        shop.report(greta, total=3)
    shop.count()
    with clock.frozen_at(shop.now + timedelta(days=400)):
        delete_old_events()
    with tenancy.account(shop.anna.account_id):
        assert not ContactEvent.objects.exists() and not Conversion.objects.exists()
        assert sum(row[4] for row in figures()) >= 5, "what retention deletes stays counted"


def test_a_goal_names_what_exists_and_the_api_refuses_what_is_no_money(shop: Shop) -> None:
    dora = shop.people[0]
    with tenancy.account(shop.anna.account_id):
        for order in (
            GoalOrder("order.lost", NAMES),
            GoalOrder("order.placed", GoalProperties("totl", "", "EUR")),
            GoalOrder("order.placed", GoalProperties("total", "total", "EUR")),
            GoalOrder("order.placed", GoalProperties("total", "", "EURO")),
            GoalOrder("order.placed", NAMES, 31),
        ):
            with pytest.raises(ListError):
                set_goal(order, by=shop.anna.owner)
        (found,) = record_events([ReportedEvent("order.placed", dora, properties={"total": 5.0, "currency": "EURO"})])
        assert (found.outcome, "ISO 4217" in found.problem) == (EventOutcome.REFUSED, True)
        assert shop.report(dora, total=1e12, currency="EUR") is EventOutcome.REFUSED
        assert shop.report(dora, total=5.0, currency="EUR") is EventOutcome.RECORDED


@pytest.mark.parametrize("role", [APP_ROLE, PLATFORM_ROLE])
def test_a_stranger_sees_and_changes_none_of_it(shop: Shop, role: str) -> None:
    carla = sending_customer(people=1)
    with tenancy.account(shop.anna.account_id):
        bought(shop)
    shop.count()
    with psycopg.connect(app_url(load_settings()), autocommit=True) as eve:
        tenancy.enter_account(eve, carla.account_id, for_session=True)
        eve.execute(f"SET ROLE {role}")
        for table in ("conversion", "conversion_day", "conversion_fold", "conversion_goal"):
            for statement in (f"SELECT * FROM {table}", f"DELETE FROM {table}"):
                assert eve.execute(statement).rowcount == 0  # type: ignore[call-overload]
    with tenancy.account(carla.account_id):
        assert figures() == []
    count_account(carla.account_id)
    with tenancy.account(shop.anna.account_id):
        assert named(shop) == EXPECTED
