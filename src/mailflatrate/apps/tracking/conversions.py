"""Which events of customers' systems count for which campaign: the one that gave the event's coupon code, else the one
whose link the person clicked last within the window, known only of who agreed (R-107); a refund for that of the
purchase before. Events wait half an hour, until it's settled which clicks were machines'. Figures name no one and
stay; the link to a person ends with the event and the consent. To count anew is to take out what is still linked,
and count it again.
"""

from collections.abc import Sequence
from decimal import Decimal
from itertools import takewhile
from typing import Any, Final

import structlog
from django.db import IntegrityError, connection

from mailflatrate.apps.lists.event_feed import EventPosition, RecordedEvent, events_after
from mailflatrate.apps.lists.models import ConversionGoal
from mailflatrate.apps.tracking.click_hours import FOLD_AFTER
from mailflatrate.apps.tracking.models import Conversion, ConversionDay, ConversionFold
from mailflatrate.base import clock, tenancy
from mailflatrate.base.tenancy import PlatformReason
from mailflatrate.rules.contacts.money import GoalProperties, Money, MoneyRefused, coupon_of, money_of

log = structlog.get_logger(__name__)

PAGE_EVENTS: Final = 1_000
MOST_PAGES: Final = 1_000
"""Pages that one run counts for an account; the next run continues."""
_NO_MONEY: Final = Money("", Decimal(0))

# A person who withdraws their consent waits for the page, or the page sees it.
_HOLD_PEOPLE = "SELECT id FROM contact WHERE account_id = %s AND id = ANY(%s::bigint[]) ORDER BY id FOR SHARE"
_REPORTED = """
reported AS MATERIALIZED (
    SELECT * FROM unnest(%(events)s::bigint[], %(contacts)s::bigint[], %(times)s::timestamptz[], %(amounts)s::numeric[],
        %(currencies)s::text[], %(codes)s::text[]) AS r (event_id, contact_id, at, amount, currency, code)
)
"""
_ADDED = """
added AS (
    INSERT INTO conversion (account_id, event_id, contact_id, campaign_id, edition_id, day, source, coupon_id,
        is_refund, currency, amount)
    SELECT %(account_id)s, f.event_id, f.contact_id, c.id, coalesce(f.edition_id, 0),
        greatest(0, floor(extract(epoch FROM f.at - coalesce(c.started_at, c.created_at)) / 86400))::int,
        f.source, f.coupon_id, f.is_refund, f.currency, f.amount
    FROM found f JOIN campaign c ON c.id = f.campaign_id AND c.account_id = %(account_id)s
    ON CONFLICT DO NOTHING
    RETURNING campaign_id, edition_id, day, source, currency, is_refund, amount
)
INSERT INTO conversion_day (account_id, campaign_id, edition_id, day, source, currency, conversions, refunds, amount)
SELECT %(account_id)s, campaign_id, edition_id, day, source, currency,
    count(*) FILTER (WHERE NOT is_refund), count(*) FILTER (WHERE is_refund), sum(amount)
FROM added GROUP BY 2, 3, 4, 5, 6
ON CONFLICT (account_id, campaign_id, edition_id, day, source, currency) DO UPDATE SET
    conversions = conversion_day.conversions + excluded.conversions,
    refunds = conversion_day.refunds + excluded.refunds, amount = conversion_day.amount + excluded.amount
"""
# A code counts for the first event that names it; another event may count by a click. Only campaigns' messages have
# clicks; the condition that says so is that of the index by contact.
_PURCHASES = f"""
WITH {_REPORTED}, redeemed AS (
    SELECT DISTINCT ON (g.id) r.event_id, g.id AS coupon_id, g.campaign_id, g.contact_id AS holder_id
    FROM reported r JOIN coupon_code g ON g.account_id = %(account_id)s AND g.code = r.code AND g.given_at <= r.at
    WHERE r.code <> '' AND NOT EXISTS (
        SELECT 1 FROM conversion b WHERE b.account_id = %(account_id)s AND b.coupon_id = g.id)
    ORDER BY g.id, r.at, r.event_id
), found AS (
    SELECT r.event_id, r.contact_id, r.at, r.amount, r.currency, FALSE AS is_refund, g.coupon_id,
        CASE WHEN g.coupon_id IS NULL THEN 'click' ELSE 'coupon' END AS source,
        coalesce(g.campaign_id, k.campaign_id) AS campaign_id, coalesce(e.edition_id, k.edition_id) AS edition_id
    FROM reported r LEFT JOIN redeemed g ON g.event_id = r.event_id
    LEFT JOIN LATERAL (
        SELECT d.edition_id FROM delivery_record d WHERE d.account_id = %(account_id)s AND d.contact_id = g.holder_id
            AND d.campaign_id = g.campaign_id ORDER BY d.id DESC LIMIT 1
    ) e ON g.coupon_id IS NOT NULL
    LEFT JOIN LATERAL (
        SELECT k.campaign_id, k.edition_id FROM contact p
        JOIN delivery_record d ON d.account_id = %(account_id)s AND d.contact_id = p.id AND d.campaign_id IS NOT NULL
        JOIN click k ON k.account_id = %(account_id)s AND k.delivery_id = d.id
        WHERE p.account_id = %(account_id)s AND p.id = r.contact_id AND p.tracking_event_id IS NOT NULL
            AND NOT k.machine AND k.at <= r.at AND k.at > r.at - make_interval(days => %(days)s)
        ORDER BY k.at DESC, k.id DESC LIMIT 1
    ) k ON g.coupon_id IS NULL
), {_ADDED}
"""  # noqa: S608  # made of constants
_REFUNDS = f"""
WITH {_REPORTED}, found AS (
    SELECT r.event_id, r.contact_id, r.at, r.amount, r.currency, TRUE AS is_refund, NULL::bigint AS coupon_id,
        b.source, b.campaign_id, b.edition_id
    FROM reported r CROSS JOIN LATERAL (
        SELECT b.source, b.campaign_id, b.edition_id FROM conversion b JOIN contact_event e ON e.id = b.event_id
        WHERE b.account_id = %(account_id)s AND b.contact_id = r.contact_id AND NOT b.is_refund
            AND b.currency = r.currency AND e.account_id = %(account_id)s AND e.at <= r.at
        ORDER BY e.at DESC, e.id DESC LIMIT 1
    ) b
), {_ADDED}
"""  # noqa: S608  # made of constants
_TAKE_OUT = """
WITH gone AS (
    DELETE FROM conversion WHERE account_id = %(account_id)s
    RETURNING campaign_id, edition_id, day, source, currency, is_refund, amount
), summed AS (
    SELECT campaign_id, edition_id, day, source, currency, count(*) FILTER (WHERE NOT is_refund) AS conversions,
        count(*) FILTER (WHERE is_refund) AS refunds, sum(amount) AS amount
    FROM gone GROUP BY 1, 2, 3, 4, 5
)
UPDATE conversion_day d SET conversions = d.conversions - s.conversions, refunds = d.refunds - s.refunds,
    amount = d.amount - s.amount
FROM summed s WHERE d.account_id = %(account_id)s AND d.campaign_id = s.campaign_id AND d.edition_id = s.edition_id
    AND d.day = s.day AND d.source = s.source AND d.currency = s.currency
"""


def count_conversions() -> None:
    with tenancy.platform(PlatformReason.HOUSEKEEPING):
        accounts = {
            *ConversionGoal.objects.values_list("account_id", flat=True),
            *ConversionFold.objects.values_list("account_id", flat=True),
        }
    for account_id in sorted(accounts):
        try:
            count_account(account_id)
        except IntegrityError:  # an event was erased meanwhile; the next run counts the others
            log.exception("conversions_not_counted", account_id=account_id)


def count_account(account_id: int) -> None:
    """Count the events that an account received since the last time, page by page. Idempotent."""
    for _page in range(MOST_PAGES):
        with tenancy.account(account_id):
            if not _count_page():
                return


@tenancy.needs_account
def _count_page() -> bool:
    goal = ConversionGoal.objects.first()
    if goal is None:
        _forget()
        ConversionFold.objects.all().delete()
        return False
    fold = _locked_fold(goal)
    if fold.is_stale or fold.event_type_id != goal.event_type_id:
        _begin_anew(fold, goal)
        return True
    settled = clock.now() - FOLD_AFTER
    page = events_after(EventPosition(fold.xid, fold.event_id), size=PAGE_EVENTS, event_type_ids=[goal.event_type_id])
    taken = list(takewhile(lambda event: event.received_at <= settled, page))
    if taken:
        _count(taken, goal)
        fold.xid, fold.event_id = taken[-1].position.xid, taken[-1].position.event_id
    fold.counted_at = clock.now()
    fold.save()
    return len(taken) == PAGE_EVENTS


def _begin_anew(fold: ConversionFold, goal: ConversionGoal) -> None:
    """In a transaction of its own: people who withdraw lock their contact first and these rows second, as a page of
    events does; the other order would stop one of both.
    """
    if fold.event_type_id == goal.event_type_id:
        _take_out()
    else:
        _forget()
    fold.event_type_id, fold.xid, fold.event_id, fold.is_stale = goal.event_type_id, 0, 0, False
    fold.save()


def _locked_fold(goal: ConversionGoal) -> ConversionFold:
    first = ConversionFold(account_id=goal.account_id, event_type_id=goal.event_type_id)
    ConversionFold.objects.bulk_create([first], ignore_conflicts=True)
    return ConversionFold.objects.select_for_update().get()


def _forget() -> None:
    Conversion.objects.all().delete()
    ConversionDay.objects.all().delete()


def _take_out() -> None:
    with connection.cursor() as cursor:
        cursor.execute(_TAKE_OUT, {"account_id": tenancy.current_account_id()})
    ConversionDay.objects.filter(conversions=0, refunds=0).delete()


def _count(events: Sequence[RecordedEvent], goal: ConversionGoal) -> None:
    """Attribute events to campaigns. Purchases come first, so that a refund in the same page finds its own."""
    names = goal.names
    read = [(event, _money(names, event)) for event in events]
    with connection.cursor() as cursor:
        people = sorted({event.contact_id for event in events})
        cursor.execute(_HOLD_PEOPLE, [goal.account_id, people])
        for statement, is_refund in ((_PURCHASES, False), (_REFUNDS, True)):
            rows = [(event, money) for event, money in read if (money.amount < 0) is is_refund]
            if rows:
                cursor.execute(statement, _parameters(rows, goal))


def _parameters(rows: Sequence[tuple[RecordedEvent, Money]], goal: ConversionGoal) -> dict[str, Any]:
    return {
        "account_id": goal.account_id,
        "days": goal.window_days,
        "events": [event.position.event_id for event, _money in rows],
        "contacts": [event.contact_id for event, _money in rows],
        "times": [event.at for event, _money in rows],
        "amounts": [money.amount for _event, money in rows],
        "currencies": [money.currency for _event, money in rows],
        "codes": [coupon_of(goal.names, event.properties) for event, _money in rows],
    }


def _money(names: GoalProperties, event: RecordedEvent) -> Money:
    """Return an event's money; none if it names none, or was recorded before anyone asked for an amount like that."""
    try:
        return money_of(names, event.properties) or _NO_MONEY
    except MoneyRefused:
        return _NO_MONEY
