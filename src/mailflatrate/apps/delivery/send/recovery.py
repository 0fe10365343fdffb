"""Recovery after a crash: nothing is lost and nothing is sent twice. A reply in the journal settles a message; one
begun without a reply gets an unknown result and is not resent; everything else is sent.
"""

import time
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg
import structlog
from asgiref.sync import async_to_sync
from django.db.models import BooleanField, ExpressionWrapper, Q
from django.db.models.functions import Now

from mailflatrate.apps.delivery import fence
from mailflatrate.apps.delivery.actions import claim_end, lost_host
from mailflatrate.apps.delivery.models import Attempt, Chunk, ChunkState, Delivery, DeliveryState, LostClaim
from mailflatrate.apps.delivery.recovery import sender_processes
from mailflatrate.apps.delivery.send.database import Connection
from mailflatrate.apps.delivery.send.journal import (
    SUFFIX,
    JournalEntry,
    host_name,
    is_damaged,
    is_held,
    is_whole,
    last_entries,
    taken_over,
)
from mailflatrate.apps.delivery.send.outcomes import SettledDelivery, in_doubt, record, settle
from mailflatrate.apps.delivery.send.replay import ReplayResult, replay
from mailflatrate.apps.delivery.send.sent_record import was_set_aside
from mailflatrate.base import clock, tenancy
from mailflatrate.base.job_database.admission import admit_async
from mailflatrate.base.tenancy import PlatformReason
from mailflatrate.rules.sending.pace import RetryPolicy
from mailflatrate.settings.roles import app_url
from mailflatrate.settings.schema import load_settings
from mailflatrate.wire.smtp.types import OutcomeKind

LEASE = timedelta(seconds=60)
UNCHANGED_SECONDS = 25.0
CHECK_GAP_SECONDS = 90.0
SENDER_DIED = "sender_died"

log = structlog.get_logger(__name__)


def recover_host(folder: Path, own: Collection[Path], policy: RetryPolicy) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for path in sorted(folder.glob(f"*{SUFFIX}")):
        if path in own:
            continue
        with taken_over(path) as abandoned:
            if abandoned:
                recover_journal(path, policy)
                if was_set_aside(path):  # otherwise the next round tries again
                    path.unlink()
                    sender_processes.forget_process(path.stem)


@dataclass(frozen=True, slots=True)
class IdleChunk:
    account_id: int
    chunk_id: int
    journal: Path


def recover_own(chunk: IdleChunk, policy: RetryPolicy) -> None:
    """The claim's answer was lost, or a failure ended the work on it."""
    log.warning("chunk_given_back", chunk_id=chunk.chunk_id)
    _write(chunk.account_id, chunk.chunk_id, chunk.journal, policy)
    claim_end.finish_chunk(chunk.account_id, chunk.chunk_id, chunk.journal.stem)


def recover_journal(path: Path, policy: RetryPolicy, *, whole: bool | None = None) -> None:
    """Write its results, then give its chunks back. Repeatable. If `whole` (no reboot since), what it lacks never
    began.
    """
    whole = _is_whole(path) if whole is None else whole
    settle_lost_claims(path, policy, whole=whole)
    for account_id, chunk_id in claimed_by(path.stem):
        _give_back(account_id, chunk_id, path, policy, whole=whole)


def _is_whole(path: Path) -> bool:
    return is_whole(path.stem) and not is_damaged(path)


@dataclass(frozen=True, slots=True)
class ReplaySummary:
    journals: int
    claims: int
    replayed: ReplayResult


def replay_folder(folder: Path, policy: RetryPolicy, *, whole: bool | None = None) -> ReplaySummary:
    """From a copy of a host's journals. Chunks of running senders are left alone."""
    journals = claims = 0
    for path in sorted(folder.glob(f"*{SUFFIX}")):
        complete = _is_whole(path) if whole is None else whole and not is_damaged(path)
        claims += settle_lost_claims(path, policy, whole=complete)
        journals += 1
    return ReplaySummary(journals, claims, replay(folder) if fence.current_hold() is not None else ReplayResult(0, 0))


def settle_lost_claims(
    path: Path, policy: RetryPolicy, *, whole: bool, under_way: Collection[int] = frozenset()
) -> int:
    """Those given up as unknown that this journal resolves; return how many. Chunks `under_way` are left for later."""
    with tenancy.platform(PlatformReason.HOUSEKEEPING):
        lost = list(LostClaim.objects.filter(claimed_by=path.stem, settled_at=None))
    noted: set[int] = set()
    if lost and not whole:
        unknown = {delivery for claim in lost for delivery in claim.deliveries}
        noted = {entry.delivery_id for entry in last_entries(path, unknown)}
    settled = 0
    for claim in lost:
        if claim.chunk_id in under_way:
            continue
        if not whole and not noted.intersection(claim.deliveries):
            continue
        chunk_id = lost_host.reopen_lost_claim(claim.account_id, claim.id)
        if chunk_id is not None:
            _give_back(claim.account_id, chunk_id, path, policy, whole=whole)
            settled += 1
    return settled


def _give_back(account_id: int, chunk_id: int, journal: Path, policy: RetryPolicy, *, whole: bool) -> None:
    _write(account_id, chunk_id, journal, policy)
    if whole:
        claim_end.finish_chunk(account_id, chunk_id, journal.stem)
    else:
        lost_host.abandon_chunk(account_id, chunk_id, journal.stem)


def _write(account_id: int, chunk_id: int, journal: Path, policy: RetryPolicy) -> None:
    with tenancy.account(account_id):
        pending = Delivery.objects.filter(chunk_id=chunk_id, state=DeliveryState.PENDING)
        here = set(pending.values_list("id", flat=True))
    entries = [entry for entry in last_entries(journal, here) if entry.account_id == account_id]
    batch = _settled(account_id, entries, policy)
    if batch:
        _record(account_id, chunk_id, journal.stem, batch)
    unknown = sum(1 for entry in entries if entry.outcome is None)
    log.warning("journal_recovered", chunk_id=chunk_id, sender=journal.stem, outcomes=len(batch), in_doubt=unknown)


def _settled(account_id: int, entries: Iterable[JournalEntry], policy: RetryPolicy) -> list[SettledDelivery]:
    known_entries = list(entries)
    with tenancy.account(account_id):
        attempts = dict(
            Delivery.objects.filter(id__in=[entry.delivery_id for entry in known_entries], attempts__gt=0).values_list(
                "id", "attempts"
            )
        )
        first_at = dict(
            Attempt.objects.filter(delivery_id__in=list(attempts), number=1).values_list("delivery_id", "at")
        )
    batch = []
    for entry in known_entries:
        outcome = entry.outcome
        if outcome is None:
            batch.append(in_doubt(entry.delivery_id, SENDER_DIED, clock.now()))
        elif outcome.kind is not OutcomeKind.NOT_SENT:
            at = datetime.fromtimestamp(entry.at_ms / 1000, UTC)
            batch.append(
                settle(
                    outcome,
                    at,
                    attempts=attempts.get(entry.delivery_id, 0),
                    first_at=first_at.get(entry.delivery_id),
                    policy=policy,
                )
            )
    return batch


def _record(account_id: int, chunk_id: int, name: str, batch: list[SettledDelivery]) -> None:
    async def write() -> None:
        link: Connection = await psycopg.AsyncConnection.connect(app_url(load_settings()), autocommit=True)
        await admit_async(link)
        async with link, link.transaction():
            await tenancy.enter_account_async(link, account_id)
            await record(link, account_id, chunk_id, name, batch)

    async_to_sync(write)()


def claimed_by(name: str) -> list[tuple[int, int]]:
    with tenancy.platform(PlatformReason.HOUSEKEEPING):
        rows = Chunk.objects.filter(state=ChunkState.SENDING, claimed_by=name)
        return list(rows.values_list("account_id", "id"))


class LeaseWatch:
    """Expired leases that stayed unchanged over several checks; an outage restarts these, so senders can renew."""

    def __init__(self, *, clock_seconds: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock_seconds
        self._last_check = float("-inf")
        self._since: dict[tuple[int, int, str, datetime], float] = {}

    def expired(self) -> list[tuple[int, int, str]]:
        with tenancy.platform(PlatformReason.HOUSEKEEPING):
            held = Chunk.objects.filter(state=ChunkState.SENDING, heartbeat_at__isnull=False)
            is_old = ExpressionWrapper(Q(heartbeat_at__lt=Now() - LEASE), output_field=BooleanField())
            rows = list(held.values_list("account_id", "id", "claimed_by", "heartbeat_at", is_old))
        now = self._clock()
        if now - self._last_check > CHECK_GAP_SECONDS:
            self._since = {}
        self._last_check = now
        self._since = {key: self._since.get(key, now) for *key_, _ in rows for key in (tuple(key_),)}
        return [
            (account_id, chunk_id, name)
            for account_id, chunk_id, name, at, old in rows
            if old and now - self._since[account_id, chunk_id, name, at] >= UNCHANGED_SECONDS
        ]


_watch = LeaseWatch()


def give_up_lost_hosts(folder: Path) -> None:
    """Whose journals are gone, too. Not while sending is held: the marks may be out of date."""
    if fence.check() is not None:
        return
    own_host = host_name(folder)
    for account_id, chunk_id, name in _watch.expired():
        left_behind = name.partition(".")[0] == own_host and (folder / f"{name}{SUFFIX}").exists()
        if left_behind and not is_held(folder, name):
            continue  # recovered from its journal in a moment
        log.error("host_lost", chunk_id=chunk_id, sender=name)
        lost_host.abandon_chunk(account_id, chunk_id, name)
