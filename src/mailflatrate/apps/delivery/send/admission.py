"""Whether a sender may work with the database that a new connection leads to (ADR 0093): one that knows it and that
its host has accepted. Otherwise `fenced` blocks every connection of the process until upkeep clears it.
"""

import asyncio
from pathlib import Path

import psycopg

from mailflatrate.apps.delivery.fence_sql import BEGIN_RUN, IS_KNOWN, IS_MEMBER
from mailflatrate.base.job_database.admission import note, refuse
from mailflatrate.settings import links
from mailflatrate.settings.database_memory import SENDERS, STATE, DatabaseMemory, MatchKind, found_state


class DatabaseFenced(Exception):
    """This database was promoted or restored, and not accepted for sending (ADR 0002)."""


class Admission:
    def __init__(self, folder: Path, name: str) -> None:
        self.memory = DatabaseMemory(folder / SENDERS)
        self.name = name
        self.fenced = asyncio.Event()
        self.fenced.set()

    async def check(self, connection: psycopg.AsyncConnection[tuple[object, ...]]) -> None:
        """Raises DatabaseFenced, or DatabaseRefused for an old primary."""
        seen = self.memory.read()
        judgment = note(self.memory, seen, found_state(await (await connection.execute(STATE)).fetchone()))
        if judgment.match is MatchKind.REFUSED:
            links.note_lost(connection)
            refuse(judgment)
        await connection.execute(BEGIN_RUN)
        row = await (await connection.execute(IS_KNOWN)).fetchone()
        member = await (await connection.execute(IS_MEMBER, [self.name])).fetchone()
        if judgment.match is not MatchKind.KNOWN or not row or not row[0] or not member:
            self.fenced.set()
            raise DatabaseFenced(judgment.reason or "another or an earlier state, or one that doesn't know this sender")

    def remember(self, position: int) -> None:
        """On the disk, before content that rests on it may leave."""
        self.memory.note_position(position)
