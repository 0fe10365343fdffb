"""Figures of several campaigns never add amounts of different currencies."""

from decimal import Decimal

from mailflatrate.apps.tracking.conversion_figures import (
    NO_CONVERSIONS,
    campaign_conversions,
    conversions_by_campaign,
    conversions_together,
)
from mailflatrate.apps.tracking.models import ConversionDay
from mailflatrate.base import tenancy
from mailflatrate.rules.contacts.money import Money
from support.customers import sending_customer


def test_each_currency_is_added_up_apart_with_its_own_decimals() -> None:
    anna = sending_customer(people=1)
    one, other = anna.draft("One"), anna.draft("Other")
    with tenancy.account(anna.account_id):
        for campaign, day, source, currency, conversions, refunds, amount in (
            (one, 0, "click", "EUR", 2, 0, "10.10"),
            (one, 0, "coupon", "EUR", 1, 0, "0.20"),
            (one, 3, "click", "EUR", 0, 1, "-0.30"),
            (one, 3, "click", "JPY", 1, 0, "900"),
            (one, 3, "click", "", 4, 0, "0"),
            (other, 0, "click", "EUR", 1, 0, "5"),
        ):
            ConversionDay.objects.create(
                campaign=campaign,
                edition_id=0,
                day=day,
                source=source,
                currency=currency,
                conversions=conversions,
                refunds=refunds,
                amount=amount,
            )
        found = campaign_conversions(one.id)
        both = conversions_together([one.id, other.id])
        each = conversions_by_campaign([one.id, other.id, 0])
    assert found.total.revenue == (Money("JPY", Decimal("900")), Money("EUR", Decimal("10.00")))
    assert (found.total.conversions, found.total.by_coupon, found.total.refunds) == (8, 1, 1)
    assert found.by_day[0].revenue == (Money("EUR", Decimal("10.30")),)
    assert (both.conversions, both.revenue[1]) == (9, Money("EUR", Decimal("15.00")))
    assert (each[one.id], each[0]) == (found.total, NO_CONVERSIONS)
