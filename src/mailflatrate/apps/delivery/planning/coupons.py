"""Coupon codes, given set by set when deliveries are planned, and read chunk by chunk when they are sent."""

from collections.abc import Collection, Iterator, Sequence
from datetime import datetime
from typing import NamedTuple

from django.db import connection

from mailflatrate.apps.campaigns.coupons import pools_shown
from mailflatrate.apps.campaigns.models import CouponPool, Edition
from mailflatrate.base import clock, tenancy

# Who waits for a code, and as many free codes, side by side. People who have one of this pool keep it.
_GIVE = """
WITH waiting AS MATERIALIZED (
    SELECT contact_id, row_number() OVER (ORDER BY contact_id) AS place FROM (
        SELECT DISTINCT d.contact_id FROM delivery d
        WHERE d.account_id = %(account_id)s AND d.campaign_id = %(campaign_id)s AND d.state = 'pending'
          AND d.edition_id = ANY(%(editions)s::bigint[]) AND d.contact_id BETWEEN %(first)s AND %(last)s
          AND NOT EXISTS (SELECT 1 FROM coupon_code held WHERE held.account_id = d.account_id
              AND held.contact_id = d.contact_id AND held.pool_id = %(pool_id)s)
    ) people
), free AS MATERIALIZED (
    SELECT id, row_number() OVER (ORDER BY id) AS place FROM (
        SELECT id FROM coupon_code
        WHERE account_id = %(account_id)s AND pool_id = %(pool_id)s AND given_at IS NULL
        ORDER BY id LIMIT (SELECT count(*) FROM waiting)
    ) codes
)
UPDATE coupon_code SET contact_id = w.contact_id, campaign_id = %(campaign_id)s, given_at = %(now)s
FROM free f JOIN waiting w USING (place) WHERE coupon_code.id = f.id AND coupon_code.account_id = %(account_id)s
"""
CODES = """
SELECT g.contact_id, p.key, g.code FROM coupon_code g JOIN coupon_pool p ON p.id = g.pool_id
WHERE g.account_id = %(account_id)s AND g.pool_id = ANY(%(pools)s::bigint[])
  AND g.contact_id = ANY(%(contacts)s::bigint[])
"""
"""A sender's statement: contact, pool's key and code."""
_GIVEN = """
SELECT g.id, g.code, g.given_at, coalesce(c.email, ''), k.name, k.mailing_id, coalesce(d.state, '')
FROM coupon_code g
LEFT JOIN contact c ON c.id = g.contact_id AND c.account_id = g.account_id
LEFT JOIN campaign k ON k.id = g.campaign_id AND k.account_id = g.account_id
LEFT JOIN LATERAL (SELECT r.state FROM delivery_record r WHERE r.account_id = g.account_id
    AND r.contact_id = g.contact_id AND r.campaign_id = g.campaign_id ORDER BY r.id DESC LIMIT 1) d ON true
WHERE g.account_id = %(account_id)s AND g.pool_id = %(pool_id)s AND g.given_at IS NOT NULL AND g.id > %(after)s
ORDER BY g.id LIMIT %(rows)s
"""
SLICE_ROWS = 2_000


class GivenCode(NamedTuple):
    """To whom (empty once erased), for which campaign, and what became of the message."""

    id: int
    code: str
    given_at: datetime
    email: str
    campaign: str | None
    mailing_id: str | None
    state: str


def give_codes(campaign_id: int, edition_ids: Collection[int], first: int, last: int) -> None:
    """For contacts `first` to `last`. Plannings with the same pool take turns; without a free code, the value is
    missing.
    """
    rows = Edition.objects.filter(id__in=edition_ids, facts__has_key="coupons").only("id", "facts")
    editions: dict[int, list[int]] = {}
    for edition in rows:
        for pool_id in pools_shown(edition).values():
            editions.setdefault(pool_id, []).append(edition.id)
    for pool_id in sorted(editions):
        if CouponPool.objects.select_for_update().filter(id=pool_id).first() is None:
            continue
        with connection.cursor() as cursor:
            cursor.execute(
                _GIVE,
                {
                    "account_id": tenancy.current_account_id(),
                    "campaign_id": campaign_id,
                    "editions": editions[pool_id],
                    "pool_id": pool_id,
                    "first": first,
                    "last": last,
                    "now": clock.now(),
                },
            )


def by_contact(rows: Sequence[tuple[object, ...]]) -> dict[int, dict[str, str]]:
    codes: dict[int, dict[str, str]] = {}
    for contact_id, key, code in rows:
        codes.setdefault(int(str(contact_id)), {})[str(key)] = str(code)
    return codes


def given_codes(account_id: int, pool_id: int) -> Iterator[GivenCode]:
    after = 0
    while True:
        with tenancy.account(account_id), connection.cursor() as cursor:
            cursor.execute(_GIVEN, {"account_id": account_id, "pool_id": pool_id, "after": after, "rows": SLICE_ROWS})
            rows = [GivenCode(*row) for row in cursor.fetchall()]
        yield from rows
        if len(rows) < SLICE_ROWS:
            return
        after = rows[-1].id
