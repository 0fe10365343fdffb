"""A relay's reports on accepted deliveries (R-72), recorded together with the follower's position."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection

from mailflatrate.apps.delivery.models import Delivery, DeliveryState
from mailflatrate.apps.delivery.relays.queue_tables import LogFollower, RelayDeferral
from mailflatrate.apps.delivery.relays.tables import Relay, StateChoice
from mailflatrate.apps.delivery.wake import figures_changed
from mailflatrate.base import clock, tenancy
from mailflatrate.base.tenancy import PlatformReason
from mailflatrate.mail.reading.storable import storable

LONGEST_IN_QUEUE = timedelta(days=8)
"""RFC 5321 4.5.4.1: four to five days is the rule."""
LOG_ENDED = "log_ended"
ALIVE = timedelta(minutes=10)

# Deliveries move from one tally to another. Anything settled elsewhere meanwhile stays as it is.
_MOVE = """
WITH reported AS (
    SELECT * FROM unnest(%(ids)s::bigint[], %(codes)s::text[], %(replies)s::text[], %(ats)s::timestamptz[])
        AS t(id, code, reply, at)
), before AS (
    SELECT d.id, d.chunk_id, d.campaign_id, d.state, t.code, t.reply, t.at
    FROM delivery d JOIN reported t ON t.id = d.id
    WHERE d.account_id = %(account_id)s AND d.state = ANY(%(from)s::text[])
      AND (d.state <> 'deferred' OR EXISTS (SELECT 1 FROM relay_deferral r
          WHERE r.delivery_id = d.id AND r.account_id = d.account_id AND r.is_shown))
    ORDER BY d.id FOR UPDATE OF d
), written AS (
    UPDATE delivery d SET state = %(to)s, reason = %(reason)s, reply_status = b.code, reply_text = b.reply,
        settled_at = CASE WHEN %(to)s = 'deferred' THEN NULL ELSE b.at END
    FROM before b WHERE d.id = b.id AND d.account_id = %(account_id)s
), counted AS (
    INSERT INTO tally (account_id, chunk_id, campaign_id, state, detail, count)
    SELECT %(account_id)s, chunk_id, campaign_id, state, '', sum(n) FROM (
        SELECT chunk_id, campaign_id, state, -1 AS n FROM before
        UNION ALL SELECT chunk_id, campaign_id, %(to)s, 1 FROM before) AS moved
    GROUP BY chunk_id, campaign_id, state ORDER BY chunk_id, state
    ON CONFLICT (account_id, chunk_id, state, detail) DO UPDATE SET count = tally.count + excluded.count
), not_again AS (
    DELETE FROM retry r USING before b WHERE r.delivery_id = b.id AND r.account_id = %(account_id)s
)
SELECT id, campaign_id FROM before
"""

_DEFER = """
INSERT INTO relay_deferral (delivery_id, account_id, campaign_id, follower, provider, since, last_at, count, status,
    reply, is_shown)
SELECT t.id, %(account_id)s, d.campaign_id, %(follower)s, t.provider, t.since, t.at, t.count, t.code, t.reply, false
FROM unnest(%(ids)s::bigint[], %(providers)s::text[], %(sinces)s::timestamptz[], %(ats)s::timestamptz[],
    %(counts)s::int[], %(codes)s::text[], %(replies)s::text[]) AS t(id, provider, since, at, count, code, reply)
JOIN delivery d ON d.id = t.id AND d.account_id = %(account_id)s
    AND d.state IN ('pending', 'sent', 'in_doubt', 'deferred')
ON CONFLICT (delivery_id) DO UPDATE SET count = relay_deferral.count + excluded.count, last_at = excluded.last_at,
    status = excluded.status, reply = excluded.reply, follower = excluded.follower, is_shown = false
"""


@dataclass(frozen=True, slots=True)
class QueueNews:
    delivery_id: int
    provider: str
    code: str
    reply: str
    at: datetime


@tenancy.needs_account
def note_deferred(follower: str, news: Sequence[QueueNews]) -> None:
    """The relay retries them; the last reply is shown."""
    first: dict[int, QueueNews] = {}
    last: dict[int, QueueNews] = {}
    counts: dict[int, int] = {}
    for report in news:
        first.setdefault(report.delivery_id, report)
        last[report.delivery_id] = report
        counts[report.delivery_id] = counts.get(report.delivery_id, 0) + 1
    ids = sorted(last)
    if not ids:
        return
    with connection.cursor() as cursor:
        cursor.execute(_DEFER, {
            "account_id": tenancy.current_account_id(), "follower": follower, "ids": ids,
            "providers": [last[number].provider for number in ids], "sinces": [first[number].at for number in ids],
            "ats": [last[number].at for number in ids], "counts": [counts[number] for number in ids],
            "codes": [last[number].code for number in ids], "replies": [_kept(last[number].reply) for number in ids],
        })  # fmt: skip
    show_deferred()


@tenancy.needs_account
def show_deferred() -> None:
    """Once the sender has recorded that they were accepted."""
    rows = list(RelayDeferral.objects.filter(is_shown=False).order_by("delivery_id")[:5000])
    states = dict(Delivery.objects.filter(id__in=[row.delivery_id for row in rows]).values_list("id", "state"))
    news = [QueueNews(row.delivery_id, row.provider, row.status, row.reply, row.last_at) for row in rows]
    reported = [report for report in news if states.get(report.delivery_id) != DeliveryState.PENDING]
    _move(reported, (DeliveryState.SENT, DeliveryState.IN_DOUBT), DeliveryState.DEFERRED)
    again = [report.delivery_id for report in reported if states.get(report.delivery_id) == DeliveryState.DEFERRED]
    _say_again([report for report in reported if report.delivery_id in set(again)])
    deferrals = RelayDeferral.objects.filter(delivery_id__in=[report.delivery_id for report in reported])
    deferrals.update(is_shown=True, reply="")


@tenancy.needs_account
def note_delivered(news: Sequence[QueueNews]) -> None:
    """Whether they waited in the queue or had an unknown result."""
    ids = [report.delivery_id for report in news]
    _move(news, (DeliveryState.DEFERRED, DeliveryState.IN_DOUBT), DeliveryState.SENT)
    RelayDeferral.objects.filter(delivery_id__in=ids).delete()


@tenancy.needs_account
def forget_deferral(delivery_ids: Iterable[int]) -> None:
    RelayDeferral.objects.filter(delivery_id__in=list(delivery_ids)).delete()


@tenancy.needs_account
def end_unreported_deferrals() -> None:
    """Deferrals that the log hasn't mentioned for longer than any queue keeps a message become unknown."""
    before = clock.now() - LONGEST_IN_QUEUE
    rows = list(RelayDeferral.objects.filter(last_at__lt=before, is_shown=True).order_by("delivery_id")[:1000])
    news = [QueueNews(row.delivery_id, row.provider, row.status, "", clock.now()) for row in rows]
    _move(news, (DeliveryState.DEFERRED,), DeliveryState.IN_DOUBT, LOG_ENDED)
    forget_deferral(row.delivery_id for row in rows)


def all_relays_followed() -> bool:
    """If so, a 250 does not yet count as delivered."""
    with tenancy.platform(PlatformReason.RELAYS):
        followed = set(LogFollower.objects.filter(seen_at__gt=clock.now() - ALIVE).values_list("relay", flat=True))
        taking = set(Relay.objects.filter(state=StateChoice.ACTIVE).values_list("name", flat=True))
    return (taking or {""}) <= followed  # without a row: the follower of the relay from the settings


def _say_again(news: Sequence[QueueNews]) -> None:
    with connection.cursor() as cursor:
        cursor.executemany(
            "UPDATE delivery SET reply_status = %s, reply_text = %s"
            " WHERE id = %s AND account_id = %s AND state = 'deferred'"
            " AND NOT EXISTS (SELECT 1 FROM retry r WHERE r.delivery_id = delivery.id)",
            [(report.code, _kept(report.reply), report.delivery_id, tenancy.current_account_id()) for report in news],
        )


def _move(news: Sequence[QueueNews], origin: tuple[DeliveryState, ...], state: DeliveryState, reason: str = "") -> None:
    if not news:
        return
    last = {report.delivery_id: report for report in news}
    parameters: dict[str, Any] = {
        "account_id": tenancy.current_account_id(),
        "ids": list(last),
        "codes": [report.code for report in last.values()],
        "replies": [_kept(report.reply) for report in last.values()],
        "ats": [report.at for report in last.values()],
        "from": [old_state.value for old_state in origin],
        "to": state.value,
        "reason": reason,
    }
    with connection.cursor() as cursor:
        cursor.execute(_MOVE, parameters)
        campaigns = {campaign_id for _id, campaign_id in cursor.fetchall()}
    for campaign_id in sorted(campaign for campaign in campaigns if campaign is not None):
        figures_changed(campaign_id)


def _kept(reply: str) -> str:
    return storable(reply)[:1000]
