"""A sender whose disk is full begins nothing and claims nothing; everybody can see it, and it goes on with room."""

import asyncio
import os
from pathlib import Path
from types import SimpleNamespace

import psycopg
import pytest
from django.db import connections

from estate import build_estate, release
from mailflatrate.apps.delivery import full_disks
from mailflatrate.apps.delivery.models import Chunk, ChunkState
from mailflatrate.apps.delivery.send import sender as sender_module
from mailflatrate.apps.delivery.send.journal import Journal
from mailflatrate.apps.delivery.send.sender import Sender
from mailflatrate.entrypoints.boot.doctor_report import Line
from mailflatrate.entrypoints.cli.doctor.database import store_lines
from mailflatrate.settings.schema import load_settings
from support.fake_relay import FakeRelay
from support.scope import rows
from support.waiting import wait_until_async

PEOPLE = 12
FULL = SimpleNamespace(f_bavail=0, f_frsize=4096)


def what_operators_see() -> tuple[list[str], list[Line]]:
    try:
        return [host for host, _ in full_disks.without_room()], list(store_lines(load_settings()))
    finally:
        connections.close_all()


def test_a_sender_without_room_claims_nothing_and_goes_on_with_room(
    database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    estate = build_estate(PEOPLE)
    campaign_id = release(estate)
    chunk_id = rows(estate, Chunk).get(campaign_id=campaign_id).id
    monkeypatch.setattr(sender_module, "ROOM_SECONDS", 0.05)
    statvfs = os.statvfs

    def claims(owner: psycopg.Connection[tuple[object, ...]]) -> tuple[object, ...] | None:
        return owner.execute("SELECT state, claimed_by FROM chunk WHERE id = %s", [chunk_id]).fetchone()

    async def work(owner: psycopg.Connection[tuple[object, ...]]) -> None:
        async with FakeRelay() as relay:
            sender = Sender(load_settings().model_copy(update={"relay_host": "127.0.0.1", "relay_port": relay.port}))
            try:
                name = sender._upkeep.name
                seen = "SELECT 1 FROM sender_process WHERE name = %s"
                await wait_until_async(lambda: owner.execute(seen, [name]).fetchone() is not None, "the sender's row")
                with monkeypatch.context() as patch:
                    patch.setattr(os, "statvfs", lambda _path: FULL)
                    for _ in range(5):
                        await sender.work_chunk(estate.account_id, chunk_id)
                    assert claims(owner) == (ChunkState.READY.value, "")
                    assert owner.execute("SELECT 1 FROM begun WHERE chunk_id = %s", [chunk_id]).fetchone() is None
                    assert owner.execute(full_disks.WITHOUT_ROOM).fetchone() == (1,)
                    hosts, told = await asyncio.to_thread(what_operators_see)
                    assert hosts == [name.partition(".")[0]]
                    assert [line.level for line in told if "has been full since" in line.text] == ["missing"]
                assert os.statvfs is statvfs
                assert relay.received == []
                await sender.work_chunk(estate.account_id, chunk_id)
                assert len(relay.received) == PEOPLE
                sender._upkeep.check_now()
                await wait_until_async(
                    lambda: owner.execute(full_disks.WITHOUT_ROOM).fetchone() == (0,), "nothing left to see"
                )
            finally:
                await sender.close()

    with psycopg.connect(database, autocommit=True) as owner:
        owner.execute("DELETE FROM sender_process")
        asyncio.run(work(owner))


def test_a_journal_that_failed_has_room_once_it_takes_a_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A quota is no full disk, so only the next line tells."""
    journal = Journal(tmp_path)
    journal.begin_chunk(1, 10)

    def full(_file: int, _data: bytes) -> int:
        raise OSError(122, "Disk quota exceeded")

    with monkeypatch.context() as patch:
        patch.setattr(os, "write", full)
        with pytest.raises(OSError, match="quota"):
            journal.started(100)
        assert not journal.has_room()
    assert journal.has_room()
    journal.started(100)
    journal.close(settled=True)
