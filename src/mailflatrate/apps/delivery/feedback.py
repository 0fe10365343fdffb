"""What the relay's replies, and bounces returned later, say about contacts: passed on to the lists."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection

from mailflatrate.apps.delivery.models import Delivery, DeliveryState
from mailflatrate.apps.delivery.relay_queue import all_relays_followed
from mailflatrate.apps.delivery.send.outcomes import BOUNCES
from mailflatrate.apps.delivery.wake import figures_changed
from mailflatrate.apps.forms.actions.request_limits import note_unknown
from mailflatrate.apps.lists import actions as lists
from mailflatrate.apps.lists.actions.feedback import Bounce
from mailflatrate.base import clock, tenancy
from mailflatrate.mail.bounce_text.verdict import judge
from mailflatrate.mail.reading.storable import storable
from mailflatrate.mail.reading.values import BounceOutcome, BounceVerdict

OUTCOMES = {word: outcome for outcome, word in BOUNCES.items()}

# A delivery that the relay accepted and that then bounced moves to the other side, with its tally. A bounce may be
# read before the sender has recorded the message as sent: then the row still waits, and no tally counts it yet. Of
# two bounces of one delivery the hard one counts, whichever was read first.
_RETURNED = """
WITH told AS (
    SELECT * FROM unnest(%(ids)s::bigint[], %(bounces)s::text[], %(statuses)s::text[], %(reasons)s::text[],
        %(texts)s::text[], %(ats)s::timestamptz[], %(again)s::boolean[])
        AS t(id, bounce, status, reason, text, at, again)
), before AS (
    SELECT d.id, d.chunk_id, d.campaign_id, d.contact_id, d.state,
        CASE d.state WHEN 'bounced' THEN d.bounce ELSE '' END AS detail,
        t.bounce, t.status, t.reason, t.text, t.at
    FROM [rows] d JOIN told t ON t.id = d.id
    WHERE d.account_id = %(account_id)s
      AND (d.state IN ('sent', 'in_doubt', 'deferred', 'pending')
           OR (d.state = 'bounced' AND d.bounce <> t.bounce AND (t.again OR t.bounce = 'hard')))
    ORDER BY d.id FOR UPDATE OF d
), written AS (
    UPDATE [rows] d SET state = 'bounced', bounce = b.bounce, reason = b.reason, reply_status = b.status,
        reply_text = b.text, settled_at = b.at
    FROM before b WHERE d.id = b.id AND d.account_id = %(account_id)s
), counted AS (
    INSERT INTO tally (account_id, chunk_id, campaign_id, state, detail, count)
    SELECT %(account_id)s, chunk_id, campaign_id, state, detail, sum(n) FROM (
        SELECT chunk_id, campaign_id, state, detail, -1 AS n FROM before WHERE state <> 'pending'
        UNION ALL SELECT chunk_id, campaign_id, 'bounced', bounce, 1 FROM before) AS moved
    GROUP BY chunk_id, campaign_id, state, detail ORDER BY chunk_id, state, detail
    ON CONFLICT (account_id, chunk_id, state, detail) DO UPDATE SET count = tally.count + excluded.count
), forgotten AS (
    DELETE FROM retry r USING before b WHERE r.delivery_id = b.id AND r.account_id = %(account_id)s
), not_queued AS (
    DELETE FROM relay_deferral r USING before b WHERE r.delivery_id = b.id AND r.account_id = %(account_id)s
)
SELECT id, contact_id, campaign_id, detail FROM before
"""


@dataclass(frozen=True, slots=True)
class ReturnedBounce:
    """A bounce returned for a delivery: its meaning, its text, when it arrived, and its origin (`source`).

    `again`: the same message was read before and is now understood differently, so a bounce may change its kind.
    """

    delivery_id: int
    verdict: BounceVerdict
    text: str
    at: datetime
    source: str
    again: bool = False


def count_bounces(account_id: int, delivery_ids: Sequence[int]) -> None:
    """Report final outcomes to the lists: bounces, and deliveries to people whose mail soft-bounced before.

    Bounces caused by the sender are excluded: they never count against a person (R-70).
    """
    is_followed = all_relays_followed()
    with tenancy.account(account_id):
        rows = list(Delivery.objects.filter(id__in=delivery_ids, contact__isnull=False))
        lists.record_bounces([_bounce_of(row) for row in rows if row.state == DeliveryState.BOUNCED])
        _tell_forms([row.id for row in rows if row.bounce == BOUNCES[BounceOutcome.RECIPIENT_HARD]])
        for campaign_id in {row.campaign_id for row in rows if row.state == DeliveryState.BOUNCED}:
            figures_changed(campaign_id)
        if not is_followed:  # otherwise the relay's log says when it arrived
            lists.record_delivered(row.contact_id or 0 for row in rows if row.state == DeliveryState.SENT)


def _bounce_of(row: Delivery) -> Bounce:
    """Return the recorded bounce, with the evidence from its reply."""
    said = f"{row.reply_code} {row.reply_text}" if row.reply_code else row.reply_text
    verdict = judge(said, row.reply_status, final=True)
    return Bounce(
        contact_id=row.contact_id or 0,
        delivery_id=row.id,
        outcome=OUTCOMES[row.bounce],
        status=row.reply_status,
        at=row.settled_at or row.created_at,
        source=f"delivery {row.id}",
        witnesses=len(verdict.witnesses),
        disputed=verdict.disputed,
    )


def record_returned(returns: Sequence[ReturnedBounce]) -> set[int]:
    """Record bounces returned for deliveries of the current account (R-67), one each, and pass them on to the lists.

    Idempotent; returns the ids of those that were not final before. An unknown delivery is ignored.
    """
    if not returns:
        return set()
    account_id = tenancy.current_account_id()
    parameters: dict[str, Any] = {
        "account_id": account_id,
        "ids": [one.delivery_id for one in returns],
        "bounces": [BOUNCES[one.verdict.outcome] for one in returns],
        "statuses": [one.verdict.status[:12] for one in returns],
        "reasons": [one.verdict.reason.value for one in returns],
        "texts": [storable(one.text)[:1000] for one in returns],
        "ats": [one.at for one in returns],
        "again": [one.again for one in returns],
    }
    changed: dict[int, _ChangedDelivery] = {}
    with connection.cursor() as cursor:
        for rows in ("delivery", "delivery_archive"):  # in this order, so that a row moved meanwhile is not missed
            cursor.execute(_RETURNED.replace("[rows]", rows), parameters)
            changed |= {int(row[0]): _ChangedDelivery(*row[1:]) for row in cursor.fetchall()}
            if len(changed) == len(returns):
                break
    for campaign_id in sorted({row.campaign_id for row in changed.values() if row.campaign_id is not None}):
        figures_changed(campaign_id)
    _tell_forms(
        [
            one.delivery_id
            for one in returns
            if one.delivery_id in changed and one.verdict.outcome is BounceOutcome.RECIPIENT_HARD
        ]
    )
    _tell_lists([(changed[one.delivery_id], one) for one in returns if one.delivery_id in changed])
    return set(changed)


@dataclass(frozen=True, slots=True)
class _ChangedDelivery:
    """A delivery changed by a bounce; `before` is the earlier bounce, or empty."""

    contact_id: int | None
    campaign_id: int | None
    before: str


def _tell_forms(delivery_ids: Sequence[int]) -> None:
    """Count confirmation emails to mailboxes that don't exist against those who requested them (R-35)."""
    rows = Delivery.objects.filter(id__in=delivery_ids, confirmation_id__isnull=False)
    asked = [each for each in rows.values_list("confirmation_id", flat=True) if each is not None]
    if asked:
        note_unknown(asked, clock.now())


def _tell_lists(told: Sequence[tuple[_ChangedDelivery, ReturnedBounce]]) -> None:
    """Report bounces to the lists, except those caused by the sender, which never count against a person (R-70)."""
    bounces = []
    for changed, one in told:
        if changed.contact_id is None or one.verdict.outcome not in (
            BounceOutcome.RECIPIENT_HARD,
            BounceOutcome.RECIPIENT_SOFT,
        ):
            continue
        if changed.before == BOUNCES[BounceOutcome.RECIPIENT_SOFT] and not one.again:
            lists.take_back_soft_bounce(changed.contact_id)
        verdict = one.verdict
        bounces.append(
            Bounce(
                changed.contact_id, one.delivery_id, verdict.outcome, verdict.status, one.at, one.source,
                witnesses=len(verdict.witnesses), disputed=verdict.disputed,
            )
        )  # fmt: skip
    if bounces:
        lists.record_bounces(bounces)
