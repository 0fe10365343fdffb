"""After a crash: what the journals of dead processes say, and what becomes of chunks that nobody works on.

Never lost, never twice: a letter with a reply in the journal gets that outcome; one whose content was started without a
reply is in doubt, listed and not resent; everything else goes back and is sent.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg
import structlog
from asgiref.sync import async_to_sync
from django.db import connection

from mailflatrate.apps.delivery import actions
from mailflatrate.apps.delivery.models import Attempt, Chunk, ChunkState, Delivery
from mailflatrate.apps.delivery.send.database import Connection
from mailflatrate.apps.delivery.send.journal import SUFFIX, Entry, host_name, is_held, read_entries, taken_over
from mailflatrate.apps.delivery.send.outcomes import Settled, in_doubt, record, settle
from mailflatrate.base import clock, tenancy
from mailflatrate.base.tenancy import PlatformReason
from mailflatrate.rules.retries import RetryPolicy
from mailflatrate.settings.roles import app_url
from mailflatrate.settings.schema import load_settings
from mailflatrate.wire.smtp_types import OutcomeKind

LOST_AFTER = timedelta(minutes=5)
SENDER_DIED = "sender_died"

log = structlog.get_logger(__name__)


def recover_host(folder: Path, own: Collection[Path], policy: RetryPolicy) -> None:
    """Take over what dead processes of this host left; `own` are the caller's journals."""
    folder.mkdir(parents=True, exist_ok=True)
    for path in sorted(folder.glob(f"*{SUFFIX}")):
        if path in own:
            continue
        with taken_over(path) as abandoned:
            if abandoned:
                recover_journal(path, policy)
                path.unlink()


def recover_own(account_id: int, chunk_id: int, own: Path, policy: RetryPolicy) -> None:
    """Give back a chunk that a living sender holds and does not work on: claimed without learning so, or left in the
    middle by a failure. The caller sees to it that he does not begin to work on it meanwhile."""
    log.warning("chunk_given_back", chunk_id=chunk_id)
    known = [entry for entry in read_entries(own) if entry.chunk_id == chunk_id]
    _write(account_id, chunk_id, own.stem, known, policy)
    actions.finish_chunk(account_id, chunk_id, own.stem)


def recover_journal(path: Path, policy: RetryPolicy) -> None:
    """Write what a dead process's journal knows, then give its chunks back. Repeated, it changes nothing more."""
    name = path.stem
    by_chunk: dict[tuple[int, int], list[Entry]] = defaultdict(list)
    for entry in read_entries(path):
        by_chunk[entry.account_id, entry.chunk_id].append(entry)
    for (account_id, chunk_id), entries in by_chunk.items():
        _write(account_id, chunk_id, name, entries, policy)
    for account_id, chunk_id in claimed_by(name):
        actions.finish_chunk(account_id, chunk_id, name)


def _write(account_id: int, chunk_id: int, name: str, entries: list[Entry], policy: RetryPolicy) -> None:
    batch = _settled(account_id, entries, policy)
    if batch:
        _record(account_id, chunk_id, name, batch)
    unknown = sum(1 for entry in entries if entry.outcome is None)
    log.warning("journal_recovered", chunk_id=chunk_id, sender=name, outcomes=len(batch), in_doubt=unknown)


def _settled(account_id: int, entries: Iterable[Entry], policy: RetryPolicy) -> list[Settled]:
    known = list(entries)
    with tenancy.account(account_id):
        attempts = dict(
            Delivery.objects.filter(id__in=[entry.delivery_id for entry in known], attempts__gt=0).values_list(
                "id", "attempts"
            )
        )
        first_at = dict(
            Attempt.objects.filter(delivery_id__in=list(attempts), number=1).values_list("delivery_id", "at")
        )
    batch = []
    for entry in known:
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


def _record(account_id: int, chunk_id: int, name: str, batch: list[Settled]) -> None:
    """The sender's own statement, over a connection of its own kind."""

    async def write() -> None:
        link: Connection = await psycopg.AsyncConnection.connect(app_url(load_settings()), autocommit=True)
        async with link, link.transaction():
            await tenancy.enter_account_async(link, account_id)
            await record(link, account_id, chunk_id, name, batch)

    async_to_sync(write)()


def claimed_by(name: str) -> list[tuple[int, int]]:
    """Account and chunk of everything that the sender `name` holds."""
    with tenancy.platform(PlatformReason.HOUSEKEEPING):
        rows = Chunk.objects.filter(state=ChunkState.SENDING, claimed_by=name)
        return list(rows.values_list("account_id", "id"))


def give_up_lost_hosts(folder: Path) -> None:
    """Chunks whose sender has not been heard of for five minutes: its host, and the journal with it, is gone.

    Not while the database itself has just come back, because then nobody could say that he lives.
    """
    own_host = host_name(folder)
    with tenancy.platform(PlatformReason.HOUSEKEEPING):
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_postmaster_start_time()")
            if cursor.fetchone()[0] > clock.now() - LOST_AFTER:
                return
        stale = Chunk.objects.filter(state=ChunkState.SENDING, heartbeat_at__lt=clock.now() - LOST_AFTER)
        rows = list(stale.values_list("account_id", "id", "claimed_by"))
    for account_id, chunk_id, name in rows:
        is_ours = name.partition(".")[0] == own_host
        if is_ours and (is_held(folder, name) or (folder / f"{name}{SUFFIX}").exists()):
            continue  # alive, or recovered from its journal in a moment
        log.error("host_lost", chunk_id=chunk_id, sender=name)
        actions.abandon_chunk(account_id, chunk_id, name)
