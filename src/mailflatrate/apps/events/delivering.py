"""Delivers events to an endpoint: a batch at a time, each attempt recorded, nothing passed over. What must be obeyed
has its own lane, and goes first; refused events wait while others go on, and an endpoint that takes nothing pauses.
A crash before recording sends a batch again, with the same ids.
"""

import json
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from ipaddress import ip_network
from typing import Final

from mailflatrate.apps.accounts.models import Account, AccountStatus
from mailflatrate.apps.domains.actions.domains import configured_resolver
from mailflatrate.apps.events import feed
from mailflatrate.apps.events.feed import FeedEvent, FeedPosition
from mailflatrate.apps.events.lanes import Lane
from mailflatrate.apps.events.models import WaitingEvent, WebhookEndpoint
from mailflatrate.apps.events.recording import SentEvent, record_batch
from mailflatrate.base import clock, jobs, tenancy
from mailflatrate.base.jobs import JobQueue
from mailflatrate.mail.signing.webhook_signature import signed_headers
from mailflatrate.rules.events import EventType
from mailflatrate.rules.webhook_retries import SLOW_AT_ONCE, is_refusal, is_taken
from mailflatrate.settings import load_settings
from mailflatrate.wire.deadline import Deadline
from mailflatrate.wire.push import PushChannel, PushResult, PushTarget

DELIVER_JOB: Final = "events.deliver"
SLOT_SECONDS: Final = 20.0
"""How long one job works for an endpoint before others get their turn."""
BATCH: Final = 400
BATCH_SECONDS: Final = 15.0
CONNECTIONS: Final = 8
MOST_WAITING: Final = 500
"""Refused events that wait; with more, nothing new is tried."""
RIPE_SECONDS: Final = 1
SWEEP: Final = timedelta(minutes=1)
"""The job that looks for due events comes this often; what is due earlier has a job of its own."""


@dataclass(frozen=True, slots=True)
class DeliveryBatch:
    endpoint: WebhookEndpoint
    keys: list[str]
    lane: Lane
    events: list[FeedEvent]
    tries: list[int]
    position: FeedPosition


def deliver(account_id: int, endpoint_id: int, *, is_slow: bool = False) -> int:
    """Returns how many were accepted. `is_slow`: the job has a turn of slow endpoints; if that changed meanwhile, it
    gets one of the other kind, so that two jobs never work for it side by side.
    """
    ends, taken = time.monotonic() + SLOT_SECONDS, 0
    target_of = _target_maker()
    while time.monotonic() < ends:
        with tenancy.account(account_id):
            batch = next_batch(endpoint_id)
            if batch is None:
                _come_again(account_id, endpoint_id)
                return taken
            if batch.endpoint.is_slow is not is_slow:
                break
        began = clock.now()
        results = _post_all(batch, target_of(batch.endpoint.url))
        sent = [
            SentEvent(event, tries, result, began)
            for event, tries, result in zip(batch.events, batch.tries, results, strict=True)
        ]
        with tenancy.account(account_id):
            record_batch(batch.endpoint, batch.lane, sent, batch.position)
        taken += sum(result is not None and is_taken(result.status) for result in results)
    with tenancy.account(account_id):
        _defer(account_id, endpoint_id, 0, "more")
    return taken


def _target_maker() -> Callable[[str], PushTarget]:
    resolver, written = configured_resolver(), load_settings().webhook_networks.split(",")
    networks = tuple(ip_network(text.strip(), strict=False) for text in written if text.strip())
    return lambda url: PushTarget(url, resolver, networks)


@tenancy.needs_account
def next_batch(endpoint_id: int) -> DeliveryBatch | None:
    """Return the next batch; None if there is nothing to send, or if the endpoint is off or pausing after failures."""
    endpoint = WebhookEndpoint.objects.select_for_update(no_key=True).filter(id=endpoint_id).first()
    if endpoint is None or not endpoint.is_active or _is_closed(endpoint.account_id):
        return None
    if endpoint.paused_until is not None and endpoint.paused_until > clock.now():
        return None
    _settle_server(endpoint)
    # One event for each connection: an event that the endpoint fails at doesn't hold up others behind it.
    size = CONNECTIONS if endpoint.failures else BATCH
    keys = current_secrets(endpoint)
    waiting = WaitingEvent.objects.filter(endpoint=endpoint)
    is_full = waiting.count() >= MOST_WAITING
    if not is_full and (batch := _lane_batch(endpoint, keys, Lane.FIRST, size)):
        return batch
    if batch := _waiting_batch(endpoint, keys, size):
        return batch
    return None if is_full else _lane_batch(endpoint, keys, Lane.REST, size)


def current_secrets(endpoint: WebhookEndpoint) -> list[str]:
    keys = endpoint.open_secrets()
    is_rotating = endpoint.old_secret_until is not None and endpoint.old_secret_until > clock.now()
    return keys[: 2 if is_rotating else 1]


def _is_closed(account_id: int) -> bool:
    return Account.objects.filter(id=account_id, status=AccountStatus.CLOSED).exists()


def _settle_server(endpoint: WebhookEndpoint) -> None:
    """After a restored backup, go back to the time of the last success: transactions are counted anew."""
    here = feed.horizon()
    if endpoint.server == here.server and max(endpoint.first_xid, endpoint.rest_xid) <= here.newest_xid:
        return
    since = (endpoint.succeeded_at or endpoint.created_at) - timedelta(hours=1)
    for lane in Lane:
        lane.move(endpoint, feed.position_at(since))
    endpoint.server = here.server
    endpoint.save(update_fields=["server", *Lane.FIRST.columns, *Lane.REST.columns])


def _lane_batch(endpoint: WebhookEndpoint, keys: list[str], lane: Lane, size: int) -> DeliveryBatch | None:
    """Return the lane's next events. A lane without any is moved to where it has read."""
    types = lane.types(endpoint)
    before = position = lane.position(endpoint)
    while True:
        page = feed.read_events(position, types, size)
        position = page.position
        if events := [event for event in page.events if event.is_for(endpoint.id)]:
            return DeliveryBatch(endpoint, keys, lane, events, [0] * len(events), position)
        if not page.more:
            break
    if position != before:
        lane.move(endpoint, position)
        endpoint.save(update_fields=lane.columns)
    return None


def _waiting_batch(endpoint: WebhookEndpoint, keys: list[str], size: int) -> DeliveryBatch | None:
    events, tries = [], []
    due = WaitingEvent.objects.filter(endpoint=endpoint, due_at__lte=clock.now()).order_by("due_at")
    for row in due[:size]:
        event = feed.find_event(FeedPosition(row.xid, row.source, row.event_id))
        if event is None:
            row.delete()
            continue
        events.append(event)
        tries.append(row.attempts)
    if not events:
        return None
    return DeliveryBatch(endpoint, keys, Lane.WAITING, events, tries, events[-1].position)


def _come_again(account_id: int, endpoint_id: int) -> None:
    endpoint = WebhookEndpoint.objects.filter(id=endpoint_id).first()
    if endpoint is None or not endpoint.is_active:
        return
    now = clock.now()
    due: datetime | None
    if endpoint.paused_until is not None and endpoint.paused_until > now:
        due = endpoint.paused_until
    else:
        if feed.has_unripe():
            _defer(account_id, endpoint_id, RIPE_SECONDS, "ripe")
        due = WaitingEvent.objects.filter(endpoint=endpoint).order_by("due_at").values_list("due_at", flat=True).first()
    if due is not None and due - now < SWEEP:
        _defer(account_id, endpoint_id, max(0.0, (due - now).total_seconds()), "due")


def _defer(account_id: int, endpoint_id: int, seconds: float, why: str) -> None:
    is_slow = WebhookEndpoint.objects.filter(id=endpoint_id, is_slow=True).exists()
    jobs.defer(
        DELIVER_JOB,
        JobQueue.WEBHOOK,
        at=clock.now() + timedelta(seconds=seconds) if seconds else None,
        lock=f"webhooks-slow-{endpoint_id % SLOW_AT_ONCE}" if is_slow else f"webhook-{endpoint_id}",
        once=f"webhook-{endpoint_id}-{why}{'-slow' if is_slow else ''}",
        account_id=account_id,
        endpoint_id=endpoint_id,
        is_slow=is_slow,
    )


def wake(account_id: int, endpoint_id: int) -> None:
    _defer(account_id, endpoint_id, 0, "woken")


def body_of(event: FeedEvent) -> bytes:
    return json.dumps(event.as_json(), separators=(",", ":")).encode()


def post(channel: PushChannel, keys: Sequence[str], event: FeedEvent) -> PushResult:
    body = body_of(event)
    headers = {"Content-Type": "application/json", **signed_headers(keys, event.public_id, clock.now(), body)}
    if event.must_be_obeyed:
        headers["Must-Be-Obeyed"] = "true"
    return channel.post(body, headers)


def _post_all(batch: DeliveryBatch, target: PushTarget) -> list[PushResult | None]:
    """Send a batch over a few connections; None for what was not tried because the endpoint doesn't work."""
    results: list[PushResult | None] = [None] * len(batch.events)
    lines = min(CONNECTIONS, len(batch.events))

    def run(line: int, deadline: Deadline) -> None:
        with PushChannel(target, deadline) as channel:
            for place in range(line, len(batch.events), lines):
                result = results[place] = post(channel, batch.keys, batch.events[place])
                if not is_taken(result.status) and not is_refusal(result.status):
                    return

    # Whatever the deadline cuts off has its result, or was not tried.
    with suppress(TimeoutError), Deadline(BATCH_SECONDS) as deadline, ThreadPoolExecutor(lines) as pool:
        list(pool.map(run, range(lines), [deadline] * lines))
    return results


def send_test(account_id: int, endpoint_id: int) -> None:
    with tenancy.account(account_id):
        endpoint = WebhookEndpoint.objects.filter(id=endpoint_id).first()
        if endpoint is None:
            return
        keys, began = current_secrets(endpoint), clock.now()
    number = int(began.timestamp() * 1000)
    event = FeedEvent(FeedPosition(0, feed.TEST, number), EventType.WEBHOOK_TEST, {}, began)
    batch = DeliveryBatch(endpoint, keys, Lane.TEST, [event], [0], event.position)
    (result,) = _post_all(batch, _target_maker()(endpoint.url))
    with tenancy.account(account_id):
        record_batch(endpoint, Lane.TEST, [SentEvent(event, 0, result, began)], event.position)
