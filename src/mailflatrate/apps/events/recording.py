"""Records a batch: attempts, waiting events, the lane's position, whether the endpoint pauses or is off."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlsplit

from mailflatrate.apps.accounts.actions.notices import tell_owners
from mailflatrate.apps.accounts.models import NoticeKind
from mailflatrate.apps.events.feed import FeedEvent, FeedPosition
from mailflatrate.apps.events.lanes import Lane
from mailflatrate.apps.events.models import EndpointState, WaitingEvent, WebhookAttempt, WebhookEndpoint
from mailflatrate.base import audit, clock, tenancy
from mailflatrate.base.tenancy import PlatformReason
from mailflatrate.rules.webhook_retries import (
    GIVES_UP_AFTER,
    GONE,
    endpoint_pause,
    is_refusal,
    is_slow,
    is_taken,
    next_attempt,
)
from mailflatrate.settings import load_settings
from mailflatrate.wire.push import PushResult

MACHINE = "events.deliver"


@dataclass(frozen=True, slots=True)
class SentEvent:
    """An event, the number of earlier attempts, and the result of this one; None if it was not tried."""

    event: FeedEvent
    tries: int
    result: PushResult | None
    began: datetime

    @property
    def is_taken(self) -> bool:
        return self.result is not None and is_taken(self.result.status)

    @property
    def is_answered(self) -> bool:
        """Return True if the endpoint works: it accepted the event, or refused only this one."""
        return self.is_taken or (self.result is not None and is_refusal(self.result.status))


@tenancy.needs_account
def record_batch(endpoint: WebhookEndpoint, lane: Lane, sent: Sequence[SentEvent], position: FeedPosition) -> None:
    now = clock.now()
    works = any(attempt.is_answered for attempt in sent)
    _write_attempts(endpoint, sent, may_be_last=works and lane is Lane.WAITING)
    present = WebhookEndpoint.objects.select_for_update(no_key=True).filter(id=endpoint.id).first()
    if present is None or lane is Lane.TEST:
        return
    if lane is Lane.WAITING:
        _settle_waiting(present, sent, works=works, now=now)
    elif present.generation == endpoint.generation and works:
        _keep_waiting(present, [attempt for attempt in sent if not attempt.is_taken], now)
        lane.move(present, position)
    _judge(present, sent, works=works, now=now)
    present.save()


def _write_attempts(endpoint: WebhookEndpoint, sent: Sequence[SentEvent], *, may_be_last: bool) -> None:
    WebhookAttempt.objects.bulk_create(
        [
            WebhookAttempt(
                account_id=endpoint.account_id,
                endpoint=endpoint,
                event_id=attempt.event.public_id,
                type=attempt.event.type.value,
                event_at=attempt.event.at,
                number=attempt.tries + 1,
                at=attempt.began,
                milliseconds=round(attempt.result.seconds * 1000),
                status=attempt.result.status,
                answer=attempt.result.answer,
                is_taken=attempt.is_taken,
                is_last=may_be_last and not attempt.is_taken and next_attempt(attempt.tries + 1, attempt.began) is None,
            )
            for attempt in sent
            if attempt.result is not None
        ],
        batch_size=500,
    )


def _keep_waiting(endpoint: WebhookEndpoint, refused: Sequence[SentEvent], now: datetime) -> None:
    WaitingEvent.objects.bulk_create(
        [
            WaitingEvent(
                account_id=endpoint.account_id,
                endpoint=endpoint,
                xid=attempt.event.position.xid,
                source=attempt.event.position.source,
                event_id=attempt.event.position.id,
                attempts=int(attempt.result is not None),
                first_at=now,
                due_at=(next_attempt(1, now) or now) if attempt.result is not None else now,
            )
            for attempt in refused
        ],
        ignore_conflicts=True,
    )


def _settle_waiting(endpoint: WebhookEndpoint, sent: Sequence[SentEvent], *, works: bool, now: datetime) -> None:
    """Settle another attempt. While the endpoint takes nothing at all, events wait with it and none is given up."""
    for attempt in sent:
        place = attempt.event.position
        row = WaitingEvent.objects.filter(
            endpoint=endpoint, xid=place.xid, source=place.source, event_id=place.id
        ).first()
        if row is None or attempt.result is None or not works:
            continue
        due_at = next_attempt(row.attempts + 1, now)
        if attempt.is_taken or due_at is None:
            row.delete()
            continue
        row.attempts, row.due_at = row.attempts + 1, due_at
        row.save(update_fields=["attempts", "due_at"])


def _judge(endpoint: WebhookEndpoint, sent: Sequence[SentEvent], *, works: bool, now: datetime) -> None:
    tried = [attempt for attempt in sent if attempt.result is not None]
    if tried:
        endpoint.is_slow = is_slow([attempt.result.seconds for attempt in tried if attempt.result is not None])
    if any(attempt.is_taken for attempt in tried):
        endpoint.failures, endpoint.failing_since, endpoint.paused_until = 0, None, None
        endpoint.succeeded_at = now
    elif tried:
        endpoint.failing_since = endpoint.failing_since or now
        endpoint.failures += not works
        endpoint.paused_until = None if works else now + endpoint_pause(endpoint.failures)
    if any(attempt.result is not None and attempt.result.status == GONE for attempt in tried):
        _switch_off(endpoint, EndpointState.GONE)
    elif endpoint.failing_since is not None and now - endpoint.failing_since >= GIVES_UP_AFTER:
        _switch_off(endpoint, EndpointState.FAILING)


def _switch_off(endpoint: WebhookEndpoint, state: EndpointState) -> None:
    endpoint.state = state
    audit.record(
        "webhook.switched_off",
        by=audit.machine(MACHINE),
        account_id=endpoint.account_id,
        subject=f"webhook:{endpoint.id}",
        details={"state": state.value},
    )
    facts = {
        "host": urlsplit(endpoint.url).hostname,
        "gone": state == EndpointState.GONE,
        "url": f"{load_settings().public_url}/studio/webhooks/{endpoint.id}/",
    }
    with tenancy.platform(PlatformReason.HOUSEKEEPING):
        tell_owners(endpoint.account_id, NoticeKind.TEAM, "events/mail/switched_off", facts)
