"""Passes on to the lists what replies and later bounces say about contacts."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from django.db import connection

from mailflatrate.apps.delivery.models import Delivery, DeliveryState
from mailflatrate.apps.delivery.results.contract_feedback import suppress_dead
from mailflatrate.apps.delivery.results.relay_queue import all_relays_followed
from mailflatrate.apps.delivery.send.outcomes import BOUNCES
from mailflatrate.apps.delivery.wake import figures_changed
from mailflatrate.apps.forms.actions.request_limits import note_unknown
from mailflatrate.apps.lists.actions import feedback
from mailflatrate.base import clock, tenancy
from mailflatrate.mail.bounce_text.verdict import judge
from mailflatrate.mail.reading.storable import storable
from mailflatrate.mail.reading.values import BounceOutcome
from mailflatrate.rules.feedback.bounces import Bounce

OUTCOMES = {word: outcome for outcome, word in BOUNCES.items()}
PERSONAL = (BounceOutcome.RECIPIENT_HARD, BounceOutcome.RECIPIENT_SOFT)

# A delivery that the relay accepted and that then bounced moves to the other side, with its tally. A bounce may be
# read before the sender has recorded the message as sent: then the row still waits, and no tally counts it yet. Of
# two bounces of one delivery the hard one counts, whichever was read first.
_RETURNED = """
WITH reported AS (
    SELECT * FROM unnest(%(ids)s::bigint[], %(bounces)s::text[], %(statuses)s::text[], %(reasons)s::text[],
        %(texts)s::text[], %(ats)s::timestamptz[], %(again)s::boolean[])
        AS t(id, bounce, status, reason, text, at, again)
), before AS (
    SELECT d.id, d.chunk_id, d.campaign_id, d.state,
        CASE d.state WHEN 'bounced' THEN d.bounce ELSE '' END AS detail,
        t.bounce, t.status, t.reason, t.text, t.at
    FROM [rows] d JOIN reported t ON t.id = d.id
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
SELECT id, campaign_id, detail FROM before
"""


def count_bounces(account_id: int, delivery_ids: Sequence[int]) -> None:
    """Including deliveries to contacts with soft bounces. The sender's own faults never count (R-70)."""
    is_followed = all_relays_followed()
    with tenancy.account(account_id):
        rows = list(Delivery.objects.filter(id__in=delivery_ids, contact__isnull=False))
        feedback.record_bounces([_bounce_of(row) for row in rows if row.state == DeliveryState.BOUNCED])
        contracts = Delivery.objects.filter(id__in=delivery_ids, transactional_id__isnull=False)
        suppress_dead([_bounce_of(row) for row in contracts.filter(state=DeliveryState.BOUNCED)])
        _tell_forms([row.id for row in rows if row.bounce == BOUNCES[BounceOutcome.RECIPIENT_HARD]])
        for campaign_id in {row.campaign_id for row in rows if row.state == DeliveryState.BOUNCED}:
            figures_changed(campaign_id)
        if not is_followed:  # otherwise the relay's log says when it arrived
            feedback.record_delivered(row.contact_id or 0 for row in rows if row.state == DeliveryState.SENT)


def _bounce_of(row: Delivery) -> Bounce:
    reply = f"{row.reply_code} {row.reply_text}" if row.reply_code else row.reply_text
    verdict = replace(judge(reply, row.reply_status, final=True), outcome=OUTCOMES[row.bounce], status=row.reply_status)
    return Bounce(row.contact_id, row.id, verdict, row.settled_at or row.created_at, f"delivery {row.id}")


def record_returned(bounces: Sequence[Bounce]) -> set[int]:
    """At most one a delivery (R-67), unknown ones ignored. Idempotent; return ids that had no final result before."""
    if not bounces:
        return set()
    parameters: dict[str, Any] = {
        "account_id": tenancy.current_account_id(),
        "ids": [bounce.delivery_id for bounce in bounces],
        "bounces": [BOUNCES[bounce.verdict.outcome] for bounce in bounces],
        "statuses": [bounce.verdict.status[:12] for bounce in bounces],
        "reasons": [bounce.verdict.reason.value for bounce in bounces],
        "texts": [storable(bounce.text)[:1000] for bounce in bounces],
        "ats": [bounce.at for bounce in bounces],
        "again": [bounce.again for bounce in bounces],
    }
    campaigns: set[int] = set()
    before: dict[int | None, str] = {}
    with connection.cursor() as cursor:
        for rows in ("delivery", "delivery_archive"):  # in this order, so that a row moved meanwhile is not missed
            cursor.execute(_RETURNED.replace("[rows]", rows), parameters)
            for delivery_id, campaign_id, earlier in cursor.fetchall():
                before[delivery_id] = earlier
                campaigns |= {campaign_id} - {None}
            if len(before) == len(bounces):
                break
    for campaign_id in sorted(campaigns):
        figures_changed(campaign_id)
    changed = [bounce for bounce in bounces if bounce.delivery_id in before]
    _tell_forms(
        [bounced.delivery_id or 0 for bounced in changed if bounced.verdict.outcome is BounceOutcome.RECIPIENT_HARD]
    )
    _tell_lists([(bounced, before[bounced.delivery_id]) for bounced in changed])
    suppress_dead(changed)
    return {delivery_id for delivery_id in before if delivery_id is not None}


def _tell_forms(delivery_ids: Sequence[int]) -> None:
    """Nonexistent mailboxes count against those who requested the email (R-35)."""
    rows = Delivery.objects.filter(id__in=delivery_ids, confirmation_id__isnull=False)
    asked = [
        confirmation_id
        for confirmation_id in rows.values_list("confirmation_id", flat=True)
        if confirmation_id is not None
    ]
    if asked:
        note_unknown(asked, clock.now())


def _tell_lists(changed: Sequence[tuple[Bounce, str]]) -> None:
    """Each with the delivery's earlier bounce. Those caused by the sender never count against a person (R-70)."""
    personal = []
    for bounce, before in changed:
        if bounce.contact_id is None or bounce.verdict.outcome not in PERSONAL:
            continue
        if before == BOUNCES[BounceOutcome.RECIPIENT_SOFT] and not bounce.again:
            feedback.take_back_soft_bounce(bounce.contact_id)
        personal.append(bounce)
    if personal:
        feedback.record_bounces(personal)
