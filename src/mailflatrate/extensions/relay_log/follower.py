"""The loop of `mailflatrate follow-postfix`. Its memory is bounded, and the oldest messages are forgotten first; a
deferred one at once, because Postfix logs its sender again before the next attempt.
"""

import signal
import threading
import time
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, Final, Protocol

import structlog
from django.db import InterfaceError, OperationalError, close_old_connections

from mailflatrate.base import clock
from mailflatrate.base.ids import key_ring
from mailflatrate.base.metrics.names import DATABASE_GONE, FOLLOWER_LAG, FOLLOWER_LINES, RELAY_ATTEMPTS
from mailflatrate.entrypoints.boot.lifecycle import end_within, notify, report, reporting_seconds
from mailflatrate.extensions.relay_log.actions import (
    Batch,
    FollowerReplaced,
    QueuedMessage,
    RelayAttempt,
    begin_following,
    keep_house,
    record_batch,
)
from mailflatrate.mail.identifiers.tokens import TokenPurpose
from mailflatrate.mail.reading.postfix_log import LogEvent, QueueArrival, QueueAttempt, QueueRemoval, QueueStatus

BATCH_LINES: Final = 4_000
POLL_SECONDS: Final = 0.5
BEAT_SECONDS: Final = 10.0
HOUSE_SECONDS: Final = 60.0
MOST_OPEN: Final = 100_000
LONGEST_PAUSE: Final = 30.0

log = structlog.get_logger("relay_log")


class Tail(Protocol):
    """Interface: a source of lines that remembers its position."""

    gaps: int
    is_at_end: bool

    def place(self) -> dict[str, Any]:
        """Return where to continue."""

    def events(self, most: int, now: datetime) -> Iterator[LogEvent | None]:
        """Yield the events of up to `most` available lines; None for a line that is not about a message."""

    def close(self) -> None:
        """Close the source."""


class OpenMessages:
    """The messages that open queue IDs belong to, limited to the newest MOST_OPEN of them."""

    def __init__(self, stored: Mapping[str, QueuedMessage]) -> None:
        self._known = dict(stored)
        self._stored = dict(stored)

    def read(self, event: LogEvent) -> RelayAttempt | None:
        if isinstance(event, QueueArrival):
            self._open(event)
            return None
        if isinstance(event, QueueRemoval):
            self._known.pop(event.queue_id, None)
            return None
        message = self._known.get(event.queue_id) or _message(event.token)
        if event.status is not QueueStatus.SENT:
            self._known.pop(event.queue_id, None)
        return RelayAttempt(message, event) if message is not None else None

    def changes(self) -> tuple[dict[str, QueuedMessage], set[str]]:
        """Return what to store and what to remove since the last changes that were confirmed with `kept`."""
        fresh = {key: message for key, message in self._known.items() if self._stored.get(key) != message}
        return fresh, self._stored.keys() - self._known.keys()

    def kept(self) -> None:
        self._stored = dict(self._known)

    def _open(self, event: QueueArrival) -> None:
        self._known.pop(event.queue_id, None)  # a queue ID can be reused for a message that isn't ours
        message = _message(event.token)
        if message is None:
            return
        self._known[event.queue_id] = message
        if len(self._known) > MOST_OPEN:
            del self._known[next(iter(self._known))]


def _message(token: str | None) -> QueuedMessage | None:
    claims = key_ring().open_token(TokenPurpose.VERP, token) if token else None
    return QueuedMessage(claims.account_id, claims.delivery_id) if claims is not None else None


class Follower:
    """Follows one log under one name. `run` ends at a signal, or with `once` at the end of the log."""

    def __init__(self, name: str, tail: Tail, stored: Mapping[str, QueuedMessage]) -> None:
        self.name = name
        self._tail = tail
        self._open = OpenMessages(stored)
        self._place = tail.place()
        self._stop = threading.Event()
        self._recorded_at = 0.0
        self._housekept_at = 0.0

    def stop(self, *_: object) -> None:
        if not self._stop.is_set():
            end_within()
        self._stop.set()

    def run(self, *, once: bool = False) -> None:
        """Follow the log. Raises FollowerReplaced when another process takes over this name."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self.stop)
        notify("READY=1")
        beat = reporting_seconds()
        while not self._stop.is_set():
            batch = self._read()
            is_due = time.monotonic() - self._recorded_at > BEAT_SECONDS
            if batch.lines or batch.gaps or is_due or (once and self._tail.is_at_end):
                self._record(batch)
            if beat is not None:
                report()
            if self._tail.is_at_end:
                if once:
                    return
                self._keep_house()
                self._stop.wait(POLL_SECONDS)

    def _read(self) -> Batch:
        batch, now = Batch(), clock.now()
        gaps = self._tail.gaps
        newest: datetime | None = None
        for event in self._tail.events(BATCH_LINES, now):
            batch.lines += 1
            if event is None:
                continue
            attempt = self._open.read(event)
            if isinstance(event, QueueAttempt):
                newest = event.at
            if attempt is not None:
                batch.attempts.append(attempt)
        batch.gaps = self._tail.gaps - gaps
        FOLLOWER_LAG.set(0 if self._tail.is_at_end or newest is None else max(0.0, (now - newest).total_seconds()))
        return batch

    def _record(self, batch: Batch) -> None:
        """Retry until the batch is written; nothing else is read meanwhile, and the log keeps the rest."""
        batch.opened, batch.closed = self._open.changes()
        place, pause = self._tail.place(), 0.5
        caught_up_at = clock.now() if self._tail.is_at_end else None
        while True:
            try:
                counts = record_batch(self.name, self._place, place, batch, caught_up_at)
                break
            except (OperationalError, InterfaceError) as problem:
                DATABASE_GONE.inc()
                log.warning("database_gone", pause_seconds=pause, problem=str(problem)[:200])
                close_old_connections()
                if self._stop.wait(pause):
                    return
                pause = min(pause * 2, LONGEST_PAUSE)
        self._place, self._recorded_at = place, time.monotonic()
        self._open.kept()
        FOLLOWER_LINES.inc(batch.lines)
        for (provider, result), number in counts.items():
            RELAY_ATTEMPTS.labels(provider, result).inc(number)

    def _keep_house(self) -> None:
        if time.monotonic() - self._housekept_at > HOUSE_SECONDS or not self._housekept_at:
            self._housekept_at = time.monotonic()
            try:
                keep_house()
            except (OperationalError, InterfaceError) as problem:
                log.warning("database_gone", problem=str(problem)[:200])
                close_old_connections()


__all__ = ["Follower", "FollowerReplaced", "begin_following"]
