"""Each new connection is compared with what its host remembers of the database (ADR 0093): a page that wrote into an
old primary would lose what people do there.
"""

import time
from typing import Any, NoReturn

import psycopg
import structlog

from mailflatrate.base.metrics.names import DATABASE_REFUSED
from mailflatrate.settings import links
from mailflatrate.settings.database_memory import (
    SENDERS,
    SERVICES,
    STATE,
    DatabaseMemory,
    DatabaseState,
    Judgment,
    MatchKind,
    SeenDatabase,
    found_state,
)
from mailflatrate.settings.links import ProcessPurpose
from mailflatrate.settings.schema import load_settings

NOTE_SECONDS = 5.0

log = structlog.get_logger(__name__)
_noted_at = float("-inf")


class DatabaseRefused(psycopg.OperationalError):
    """Raised when this is an old primary, or not the database that this host works with."""


def memories() -> list[DatabaseMemory]:
    folder = load_settings().data_dir / "journal"
    return [DatabaseMemory(folder / name) for name in (SENDERS, SERVICES)]


def process_memory() -> DatabaseMemory | None:
    """Return the memory that this process compares with; an operator's command has none."""
    if links.purpose() is ProcessPurpose.ADMINISTRATION:
        return None
    return memories()[0 if links.purpose() is ProcessPurpose.SENDING else 1]


def admit(link: psycopg.Connection[Any]) -> None:
    """Compare the database behind a new connection; close it and raise DatabaseRefused if this host refuses it."""
    memory = process_memory()
    if memory is None:
        return
    seen = memory.read()
    try:
        state = found_state(psycopg.Cursor(link).execute(STATE).fetchone())
    except (psycopg.errors.UndefinedTable, psycopg.errors.UndefinedColumn):  # `migrate` comes next
        state = None
    finally:
        if not link.closed and not link.autocommit:
            link.rollback()
    judgment = note(memory, seen, state)
    if judgment.match is MatchKind.REFUSED:
        links.note_lost(link)
        link.close()
        refuse(judgment)


async def admit_async(link: psycopg.AsyncConnection[Any]) -> None:
    """Do the same for an asynchronous connection in autocommit mode."""
    memory = process_memory()
    if memory is None:
        return
    seen = memory.read()
    try:
        state = found_state(await (await psycopg.AsyncCursor(link).execute(STATE)).fetchone())
    except (psycopg.errors.UndefinedTable, psycopg.errors.UndefinedColumn):
        state = None
    judgment = note(memory, seen, state)
    if judgment.match is MatchKind.REFUSED:
        links.note_lost(link)
        await link.close()
        refuse(judgment)


def note(memory: DatabaseMemory, seen: SeenDatabase | None, state: DatabaseState | None) -> Judgment:
    """Compare with what was remembered before asking. Services then remember; senders first replay their journals."""
    global _noted_at  # noqa: PLW0603  one a process, by nature
    judgment = memory.judge(seen, state)
    if state is None or links.purpose() is ProcessPurpose.SENDING:
        return judgment
    is_due = time.monotonic() - _noted_at > NOTE_SECONDS
    if judgment.match is MatchKind.CHANGED or (judgment.match is MatchKind.KNOWN and is_due):
        memory.accept(state)
        _noted_at = time.monotonic()
    return judgment


def refuse(judgment: Judgment) -> NoReturn:
    DATABASE_REFUSED.inc()
    log.error("database_refused", reason=judgment.reason)
    raise DatabaseRefused(judgment.reason)
