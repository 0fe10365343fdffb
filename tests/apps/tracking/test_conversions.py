"""Events count once, for the campaign that led to them, with consent or by a code; the figures name no one."""

from datetime import timedelta
from decimal import Decimal

import pytest

from mailflatrate.apps.lists.actions.consent import object_to_mail
from mailflatrate.apps.lists.actions.events import delete_old_events
from mailflatrate.apps.lists.models import ContactEvent
from mailflatrate.apps.privacy.actions.erasure import erase_for_customer
from mailflatrate.apps.tracking.conversion_goal import GoalOrder, set_goal
from mailflatrate.apps.tracking.conversions import count_account, count_conversions
from mailflatrate.apps.tracking.models import Click, Conversion, ConversionDay, ConversionFold
from mailflatrate.base import clock, tenancy
from mailflatrate.settings.roles import APP_ROLE, PLATFORM_ROLE
from support.cast import per_test
from support.conversions import LATER, NAMES, Shop
from support.customers import sending_customer
from support.scope import within
from support.sql import as_application

shop = per_test(Shop)


def figures() -> list[tuple[int, int, str, str, int, int, Decimal]]:
    rows = ConversionDay.objects.order_by("campaign_id", "day", "source", "currency")
    return list(rows.values_list("campaign_id", "day", "source", "currency", "conversions", "refunds", "amount"))


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
    within(shop.anna, shop.buy)
    count_account(shop.anna.account_id)
    assert within(shop.anna, figures) == [], "nothing is counted before half an hour has passed"
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
    within(shop.anna, shop.buy)
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


@pytest.mark.parametrize("role", [APP_ROLE, PLATFORM_ROLE])
def test_a_stranger_sees_and_changes_none_of_it(shop: Shop, role: str) -> None:
    carla = sending_customer(people=1)
    within(shop.anna, shop.buy)
    shop.count()
    with as_application(carla, for_session=True) as eve:
        eve.execute(f"SET ROLE {role}")
        for table in ("conversion", "conversion_day", "conversion_fold", "conversion_goal"):
            for statement in (f"SELECT * FROM {table}", f"DELETE FROM {table}"):
                assert eve.execute(statement).rowcount == 0  # type: ignore[call-overload]
    assert within(carla, figures) == []
    count_account(carla.account_id)
    assert within(shop.anna, named, shop) == EXPECTED
