"""What a relay's log says, recorded exactly once, and only for the recipient concerned: its queue ID was opened with a
genuine token, and the recipient is the delivery's. Otherwise a stranger who learned a token could send us mail with
it, which gets a queue ID, too (docs/features/relay-logs.md).
"""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import structlog
from django.db import InterfaceError, OperationalError, connection

from mailflatrate.apps.delivery.models import DeliveryRecord
from mailflatrate.apps.delivery.planning.warm_up import note_deferrals
from mailflatrate.apps.delivery.relays.queue_tables import FollowedMessage, LogFollower, RelayDeferral
from mailflatrate.apps.delivery.relays.relay_cache import PoolKey
from mailflatrate.apps.delivery.relays.tables import Relay
from mailflatrate.apps.delivery.relays.warm_up_limits import WarmUpReturn as Deferred
from mailflatrate.apps.delivery.relays.warm_up_limits import relay_key, tell
from mailflatrate.apps.delivery.results.feedback import record_returned
from mailflatrate.apps.delivery.results.relay_queue import (
    QueueNews,
    end_unreported_deferrals,
    note_deferred,
    note_delivered,
    show_deferred,
)
from mailflatrate.apps.delivery.send.allowance import note_results
from mailflatrate.apps.inbound.actions.bounces import BOUNCE_KINDS
from mailflatrate.apps.inbound.actions.feedback_facts import fact_on, record_facts
from mailflatrate.apps.inbound.models import Feedback
from mailflatrate.apps.lists.actions import feedback
from mailflatrate.base import clock, tenancy
from mailflatrate.base.ids import address_key
from mailflatrate.base.tenancy import PlatformReason
from mailflatrate.mail.address import domain_of
from mailflatrate.mail.bounce_text.verdict import judge
from mailflatrate.mail.reading.postfix_log import QueueAttempt, QueueStatus
from mailflatrate.rules.feedback.bounces import Bounce
from mailflatrate.rules.sending.providers import provider_of
from mailflatrate.rules.sending.relays import RelayPool

log = structlog.get_logger("relay_log")


@dataclass(frozen=True, slots=True)
class QueuedMessage:
    account_id: int
    delivery_id: int


@dataclass(frozen=True, slots=True)
class RelayAttempt:
    message: QueuedMessage
    handled: QueueAttempt


@dataclass(slots=True)
class Batch:
    """Attempts, queue IDs still open at the end of the batch, and those no longer open."""

    attempts: list[RelayAttempt] = field(default_factory=list)
    opened: dict[str, QueuedMessage] = field(default_factory=dict)
    closed: set[str] = field(default_factory=set)
    lines: int = 0
    gaps: int = 0


class FollowerReplaced(Exception):
    """Raised when another process follows the log under this name and has read further."""


Counts = Counter[tuple[str, str]]


def begin_following(name: str, relay: str) -> tuple[dict[str, Any], dict[str, QueuedMessage]]:
    """Return where a follower stopped, and the messages that were open then. Raises Relay.DoesNotExist."""
    with tenancy.platform(PlatformReason.RELAYS):
        if relay:
            Relay.objects.get(name=relay)
        row, _made = LogFollower.objects.update_or_create(name=name, defaults={"relay": relay})
        rows = FollowedMessage.objects.filter(follower_id=name)
        return dict(row.place), {row.queue_id: QueuedMessage(row.account_id, row.delivery_id) for row in rows}


def record_batch(
    name: str, before: Mapping[str, Any], place: Mapping[str, Any], batch: Batch, caught_up_at: datetime | None
) -> Counts:
    """Act, and move the position from `before` to `place`, in one transaction; returns results by provider. Raises
    FollowerReplaced and database errors; in either case nothing took effect.
    """
    try:
        return _record(name, before, place, batch, caught_up_at, one_by_one=False)
    except (OperationalError, InterfaceError, FollowerReplaced):
        raise
    except Exception:  # one attempt that cannot be recorded must not hold up all that follow
        log.exception("batch_failed", attempts=len(batch.attempts))
        return _record(name, before, place, batch, caught_up_at, one_by_one=True)


def _record(
    name: str,
    before: Mapping[str, Any],
    place: Mapping[str, Any],
    batch: Batch,
    caught_up_at: datetime | None,
    *,
    one_by_one: bool,
) -> Counts:
    counts: Counts = Counter()
    with tenancy.platform(PlatformReason.MAIL_IN):
        row = LogFollower.objects.select_for_update().get(name=name)
        if row.place == dict(place) != dict(before):
            return counts  # it was written, and the answer was lost
        if row.place != dict(before):
            raise FollowerReplaced(name)
        by_account: dict[int, list[RelayAttempt]] = defaultdict(list)
        for attempt in batch.attempts:
            by_account[attempt.message.account_id].append(attempt)
        for account_id in sorted(by_account):
            counts.update(_act_each(name, account_id, by_account[account_id], one_by_one=one_by_one))
        _write_counts(name, counts)
        _keep_open(name, batch)
        _slow_down(row.relay, counts)
        row.place, row.lines, row.gaps = dict(place), row.lines + batch.lines, row.gaps + batch.gaps
        row.seen_at = clock.now()
        row.caught_up_at = caught_up_at or row.caught_up_at
        row.save(update_fields=["place", "lines", "gaps", "seen_at", "caught_up_at"])
    return counts


def _act_each(name: str, account_id: int, reported: Sequence[RelayAttempt], *, one_by_one: bool) -> Counts:
    counts: Counts = Counter()
    for part in [[attempt] for attempt in reported] if one_by_one else [reported]:
        try:
            with tenancy.account(account_id):
                counts.update(_act(name, part))
        except (OperationalError, InterfaceError):
            raise
        except Exception:
            if not one_by_one:
                raise
            log.exception("attempt_skipped", account=account_id, delivery=part[0].message.delivery_id)
    return counts


def keep_house() -> None:
    """Apply deferrals that came before their delivery was recorded; end those the log no longer mentions."""
    with tenancy.platform(PlatformReason.MAIL_IN):
        waiting = set(RelayDeferral.objects.filter(is_shown=False).values_list("account_id", flat=True)[:1000])
        accounts = waiting | set(RelayDeferral.objects.values_list("account_id", flat=True).distinct()[:1000])
    for account_id in sorted(accounts):
        with tenancy.account(account_id):
            show_deferred()
            end_unreported_deferrals()


# -- one account's attempts --------------------------------------------------------------------------------------------


def _act(name: str, reported: Sequence[RelayAttempt]) -> Counts:
    deliveries = _named(reported)
    genuine = [attempt for attempt in reported if _is_its_recipient(attempt, deliveries)]
    by_status: dict[QueueStatus, list[QueueNews]] = defaultdict(list)
    for attempt in genuine:
        handled = attempt.handled
        provider = provider_of(domain_of(handled.recipient))
        news = QueueNews(attempt.message.delivery_id, provider, handled.code, handled.reply, handled.at)
        by_status[handled.status].append(news)
    note_deferred(name, by_status[QueueStatus.DEFERRED])
    put_off = (deliveries[deferral.delivery_id].campaign_id for deferral in by_status[QueueStatus.DEFERRED])
    note_deferrals(Counter(campaign_id for campaign_id in put_off if campaign_id is not None))
    by_status[QueueStatus.EXPIRED] = _last_words(by_status[QueueStatus.EXPIRED])
    _deliver(by_status[QueueStatus.SENT], deliveries)
    _bounce(name, by_status[QueueStatus.BOUNCED] + by_status[QueueStatus.EXPIRED], deliveries)
    return Counter((news.provider, status.value) for status, group in by_status.items() for news in group)


def _named(reported: Sequence[RelayAttempt]) -> dict[int, DeliveryRecord]:
    delivery_ids = {attempt.message.delivery_id for attempt in reported}
    rows = DeliveryRecord.objects.filter(id__in=delivery_ids).select_related("contact", "notice")
    return {row.id: row for row in rows}


def _is_its_recipient(attempt: RelayAttempt, deliveries: Mapping[int, DeliveryRecord]) -> bool:
    delivery = deliveries.get(attempt.message.delivery_id)
    if delivery is None:
        return False
    if attempt.handled.status is QueueStatus.EXPIRED:
        return True
    key = address_key(attempt.handled.recipient)
    if delivery.contact is not None:
        return key == bytes(delivery.contact.address_key)
    return key is not None and delivery.notice is not None and address_key(delivery.notice.recipient) == key


def _deliver(news: Sequence[QueueNews], deliveries: Mapping[int, DeliveryRecord]) -> None:
    note_delivered(news)
    contacts = (deliveries[report.delivery_id].contact for report in news)
    soft = [contact.id for contact in contacts if contact is not None and contact.soft_bounces]
    if soft:
        feedback.record_delivered(soft)


def _last_words(expired: Sequence[QueueNews]) -> list[QueueNews]:
    """Expired ones with the reply that last deferred them: their line names no recipient, an earlier one did."""
    if not expired:
        return []
    waiting = {
        row.delivery_id: row
        for row in RelayDeferral.objects.filter(
            delivery_id__in=[report.delivery_id for report in expired]
        ).select_related("delivery")
    }
    reports = []
    for report in expired:
        row = waiting.get(report.delivery_id)
        if row is not None:
            reply = row.reply or row.delivery.reply_text
            reports.append(QueueNews(report.delivery_id, row.provider, row.status, reply, report.at))
    return reports


def _bounce(name: str, news: Sequence[QueueNews], deliveries: Mapping[int, DeliveryRecord]) -> None:
    """Record final bounces: judged like a DSN, and counted once, whether this log, a DSN or both report them."""
    last = {report.delivery_id: report for report in news}
    recorded = Feedback.objects.filter(delivery_id__in=list(last), kind__in=BOUNCE_KINDS.values())
    for delivery_id in recorded.values_list("delivery_id", flat=True):
        last.pop(delivery_id, None)
    if not last:
        return
    bounces: dict[int, Bounce] = {}
    for delivery_id, report in last.items():
        contact_id, verdict = deliveries[delivery_id].contact_id, judge(report.reply, report.code, final=True)
        bounces[delivery_id] = Bounce(contact_id, delivery_id, verdict, report.at, f"log of {name}", report.reply)
    facts = [
        fact_on(deliveries[delivery_id], BOUNCE_KINDS[bounce.verdict.outcome], None, bounce.verdict, bounce.text)
        for delivery_id, bounce in bounces.items()
    ]
    fresh = {delivery_id for delivery_id, _kind in record_facts(facts)}
    record_returned([bounce for delivery_id, bounce in bounces.items() if delivery_id in fresh])


# -- the follower's own rows -------------------------------------------------------------------------------------------


def _write_counts(name: str, counts: Counts) -> None:
    hour = clock.now().replace(minute=0, second=0, microsecond=0)
    with connection.cursor() as cursor:
        for (provider, result), number in sorted(counts.items()):
            cursor.execute(
                "INSERT INTO relay_count (follower, provider, result, hour, count) VALUES (%s, %s, %s, %s, %s)"
                " ON CONFLICT (hour, follower, provider, result)"
                " DO UPDATE SET count = relay_count.count + excluded.count",
                [name, provider, result, hour, number],
            )


def _keep_open(name: str, batch: Batch) -> None:
    if batch.closed:
        FollowedMessage.objects.filter(follower_id=name, queue_id__in=batch.closed).delete()
    rows = [
        FollowedMessage(
            follower_id=name, queue_id=queue_id, account_id=message.account_id, delivery_id=message.delivery_id
        )
        for queue_id, message in batch.opened.items()
    ]
    FollowedMessage.objects.bulk_create(
        rows, update_conflicts=True, unique_fields=["follower", "queue_id"], update_fields=["account_id", "delivery_id"]
    )


def _slow_down(relay: str, counts: Counts) -> None:
    relay_record = Relay.objects.filter(name=relay).first() if relay else None
    pool = (
        PoolKey(RelayPool(relay_record.pool), relay_record.account_id)
        if relay_record is not None
        else PoolKey(RelayPool.TRUSTED)
    )
    answered: Counter[str] = Counter()
    deferred: Counter[str] = Counter()
    for (provider, result), number in counts.items():
        answered[provider] += number
        if result == QueueStatus.DEFERRED:
            deferred[provider] += number
    if answered:
        if relay_record is not None and deferred:
            tell({relay_key(relay_record.id): Deferred(deferred=deferred.total())})
        note_results(pool, {provider: (number, deferred[provider]) for provider, number in answered.items()})
