"""What the relay's replies, and bounces that come back later, say about people: handed down to the lists."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db import connection

from mailflatrate.apps.delivery.models import Delivery, DeliveryState
from mailflatrate.apps.delivery.send.outcomes import BOUNCES
from mailflatrate.apps.delivery.wake import figures_changed
from mailflatrate.apps.lists import actions as lists
from mailflatrate.apps.lists.actions.feedback import Bounce
from mailflatrate.base import tenancy
from mailflatrate.mail.reading.values import BounceVerdict, Outcome

OUTCOMES = {word: outcome for outcome, word in BOUNCES.items()}

# A delivery that the relay accepted and the world returned changes sides, and its tally with it. A bounce may be read
# before the sender has written down that the letter left: then the row still waits, and no tally counts it yet.
_RETURNED = """
WITH before AS (
    SELECT id, chunk_id, campaign_id, state, CASE state WHEN 'bounced' THEN bounce ELSE '' END AS detail
    FROM delivery WHERE id = %(id)s AND account_id = %(account_id)s
      AND (state IN ('sent', 'in_doubt', 'deferred', 'pending')
           OR (%(again)s AND state = 'bounced' AND bounce <> %(bounce)s))
    FOR UPDATE
), written AS (
    UPDATE delivery d SET state = 'bounced', bounce = %(bounce)s, reason = %(reason)s, reply_status = %(status)s,
        reply_text = %(text)s, settled_at = %(at)s
    FROM before WHERE d.id = before.id AND d.account_id = %(account_id)s
), counted AS (
    INSERT INTO tally (account_id, chunk_id, campaign_id, state, detail, count)
    SELECT %(account_id)s, chunk_id, campaign_id, state, detail, -1 FROM before WHERE state <> 'pending'
    UNION ALL SELECT %(account_id)s, chunk_id, campaign_id, 'bounced', %(bounce)s, 1 FROM before
    ON CONFLICT (account_id, chunk_id, state, detail) DO UPDATE SET count = tally.count + excluded.count
)
SELECT count(*) FROM before
"""


def count_bounces(account_id: int, delivery_ids: Sequence[int]) -> None:
    """Tell the lists of final outcomes: bounces, and deliveries to people whose mail bounced softly before.

    A sender's own fault is not among them: it never counts against a person (R-70).
    """
    with tenancy.account(account_id):
        rows = list(Delivery.objects.filter(id__in=delivery_ids, contact__isnull=False))
        lists.record_bounces([
            Bounce(
                contact_id=row.contact_id or 0,
                delivery_id=row.id,
                outcome=OUTCOMES[row.bounce],
                status=row.reply_status,
                at=row.settled_at or row.created_at,
                source=f"delivery {row.id}",
            )
            for row in rows
            if row.state == DeliveryState.BOUNCED
        ])  # fmt: skip
        for campaign_id in {row.campaign_id for row in rows if row.state == DeliveryState.BOUNCED}:
            figures_changed(campaign_id)
        lists.record_delivered(row.contact_id or 0 for row in rows if row.state == DeliveryState.SENT)


def record_returned(
    delivery_id: int, verdict: BounceVerdict, *, text: str, at: datetime, source: str, again: bool = False
) -> bool:
    """A bounce came back for a delivery of the current account (R-67): it is bounced now, and the lists know.

    Idempotent: False when the delivery is unknown here or was final already. `source` names the raw mail. `again`: the
    same mail was read before and is now understood otherwise, so that a bounce may become one of another kind.
    """
    account_id = tenancy.current_account_id()
    parameters: dict[str, Any] = {
        "id": delivery_id, "account_id": account_id, "bounce": BOUNCES[verdict.outcome], "status": verdict.status[:12],
        "reason": verdict.reason.value, "text": text[:1000], "at": at, "again": again,
    }  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(_RETURNED, parameters)
        if not cursor.fetchone()[0]:
            return False
        cursor.execute("DELETE FROM retry WHERE delivery_id = %s AND account_id = %s", [delivery_id, account_id])
    contact_id, campaign_id = Delivery.objects.values_list("contact_id", "campaign_id").get(id=delivery_id)
    figures_changed(campaign_id)
    if contact_id is not None and verdict.outcome in (Outcome.RECIPIENT_HARD, Outcome.RECIPIENT_SOFT):
        lists.record_bounce(
            contact_id, delivery_id=delivery_id, outcome=verdict.outcome, status=verdict.status, at=at, source=source
        )
    return True
