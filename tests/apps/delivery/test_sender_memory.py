"""A sender takes no more memory for many recipients than for few, whatever its journals have grown to."""

import asyncio
import gc
import subprocess
import sys
import tracemalloc
from collections.abc import Callable
from pathlib import Path

import pytest

from estate import Estate, release
from free_ports import free_port, wait_for
from mailflatrate.apps.delivery.models import Chunk
from mailflatrate.apps.delivery.planning import plan
from mailflatrate.apps.delivery.queries import campaign_progress
from mailflatrate.apps.delivery.relays.relay_cache import PoolKey
from mailflatrate.apps.delivery.send import replay, sent_record, upkeep
from mailflatrate.apps.delivery.send.admission import Admission
from mailflatrate.apps.delivery.send.orm_thread import OrmThread
from mailflatrate.apps.delivery.send.outcomes import retry_policy
from mailflatrate.apps.delivery.send.routes import Routes
from mailflatrate.apps.delivery.send.sender import Sender
from mailflatrate.apps.delivery.send.upkeep import Upkeep
from mailflatrate.mail.message import body_plan
from mailflatrate.mail.message.quoted_printable import encode_piece
from mailflatrate.rules.sending.relays import RelayPool, Stream
from mailflatrate.settings.schema import load_settings
from support.scope import rows, within

SINK = Path(__file__).parents[3] / "rig" / "sink.py"
CHUNK = 50
WARM_CHUNKS, MORE_CHUNKS = 4, 12
PEOPLE = CHUNK * (WARM_CHUNKS + MORE_CHUNKS)
GROWTH_BYTES = 100_000
NOBODY = 999_999_999


def peak_of(work: Callable[[], object]) -> int:
    """Bytes that some work has allocated at its highest."""
    gc.collect()
    tracemalloc.start()
    try:
        work()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def journal_of(folder: Path, messages: int) -> Path:
    """A sender's journal after so many accepted messages, from 1 on, and one whose reply has not come."""
    folder.mkdir()
    path = folder / "host.1.a.b.journal"
    with path.open("w") as file:
        for number in range(1, messages + 1):
            if number % 100 == 1:
                file.write(f"C {NOBODY} {number // 100 + 1}\n")
            file.write(f"S {number}\nR {number} accepted 250 2.0.0 data_end 1764267000000 relay.example:25 2.0.0 Ok\n")
        file.write(f"S {messages + 1}\n")
    return path


@pytest.mark.slow
def test_a_long_journal_is_set_aside_line_by_line(tmp_path: Path) -> None:
    few, many = journal_of(tmp_path / "few", 1_000), journal_of(tmp_path / "many", 8_000)
    small = peak_of(lambda: sent_record.set_aside(few))
    large = peak_of(lambda: sent_record.set_aside(many))
    (kept,) = many.parent.glob("*.kept")
    lines = kept.read_text().splitlines()
    assert (len(lines), lines[:2], lines[-1][:7]) == (80 + 8_000 + 1, [f"C {NOBODY} 1", "A 1 1764267000000"], "U 8001 ")
    assert large < small + GROWTH_BYTES


@pytest.mark.slow
def test_days_of_journals_are_replayed_a_part_at_a_time(
    tmp_path: Path, estate: Estate, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert estate
    monkeypatch.setattr(replay, "GATHERED", 500)
    few, many = journal_of(tmp_path / "few", 1_000), journal_of(tmp_path / "many", 6_000)
    for path in (few, many):
        sent_record.set_aside(path)
        path.unlink()
    told: list[replay.ReplayResult] = []
    small = peak_of(lambda: told.append(replay.replay(few.parent)))
    large = peak_of(lambda: told.append(replay.replay(many.parent)))
    assert told == [replay.ReplayResult(0, 1_001), replay.ReplayResult(0, 6_001)]
    assert large < small + GROWTH_BYTES


def test_a_line_that_a_crash_cut_off_harms_no_other(tmp_path: Path) -> None:
    path = journal_of(tmp_path / "host", 3)
    sent_record.set_aside(path, now=0.0)
    (kept,) = path.parent.glob("*.kept")
    whole = kept.read_bytes()
    for cut in range(1, len(whole)):
        kept.write_bytes(whole[:-cut])
        sent_record.set_aside(path, now=0.0)
        assert kept.read_bytes().endswith(b"\n" + whole)
        accepted = {each.delivery_id for each in sent_record.read_folder(path.parent) if each.outcome is not None}
        assert {1, 2, 3} <= accepted


def test_a_journal_is_kept_when_a_chunk_was_left_while_the_lane_was_busy(tmp_path: Path, estate: Estate) -> None:
    """Emptied then, the messages it alone knows of would be sent again."""
    assert estate

    async def work() -> tuple[int, int]:
        settings = load_settings()
        routes, orm = Routes(settings, tmp_path), OrmThread()
        keeping = Upkeep(tmp_path, routes, orm, retry_policy(settings), {}, Admission(tmp_path, "one.1.a.b"), 72)
        lane = routes.route(Stream.CAMPAIGN, PoolKey(RelayPool.TRUSTED))
        lane.journal.begin_chunk(1, 10)
        lane.journal.started(100)
        size = lane.journal.size_bytes
        async with lane.lock:
            trimming = asyncio.create_task(keeping.trim_journal(lane, least_bytes=1))
            await asyncio.sleep(0)
            keeping.note_left(10, lane)
        await trimming
        left = lane.journal.size_bytes
        keeping.note_recovered(10)
        await keeping.trim_journal(lane, least_bytes=1)
        emptied = lane.journal.size_bytes
        await orm.close()
        assert left == size
        return size, emptied

    size, emptied = asyncio.run(work())
    assert (size > 0, emptied) == (True, 0)


@pytest.mark.slow
def test_a_sender_takes_no_more_memory_for_many_recipients(
    tmp_path: Path, estate: Estate, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = load_settings().model_copy(update={"chunk_size": CHUNK, "canary_size": 100_000})
    monkeypatch.setattr(plan, "load_settings", lambda: settings)
    monkeypatch.setattr(upkeep, "TRIM_BYTES", 20_000)
    monkeypatch.setattr(body_plan, "_kept_piece", encode_piece)  # it keeps a fixed number, more than are sent here
    campaign_id = release(estate)
    chunks = list(rows(estate, Chunk).filter(campaign_id=campaign_id).order_by("number").values_list("id", flat=True))
    port = free_port()

    async def send_all() -> tuple[int, int, int, int]:
        sender = Sender(settings.model_copy(update={"relay_host": "127.0.0.1", "relay_port": port}))
        try:
            for chunk_id in chunks[:WARM_CHUNKS]:
                await sender.work_chunk(estate.account_id, chunk_id)
            warm = measured()
            for chunk_id in chunks[WARM_CHUNKS:]:
                await sender.work_chunk(estate.account_id, chunk_id)
            return *warm, *measured()
        finally:
            await sender.close()

    sink = subprocess.Popen([sys.executable, str(SINK), "--port", str(port), "--record", str(tmp_path / "record")])
    tracemalloc.start()
    try:
        wait_for(port)
        warm, warm_peak, end, end_peak = asyncio.run(send_all())
    finally:
        tracemalloc.stop()
        sink.terminate()
        sink.wait(10)
    assert within(estate, campaign_progress, campaign_id).sent == PEOPLE
    assert end < warm + GROWTH_BYTES
    assert end_peak < warm_peak + GROWTH_BYTES


def measured() -> tuple[int, int]:
    """Allocated bytes now, and at their highest since the last call."""
    gc.collect()
    now, peak = tracemalloc.get_traced_memory()
    tracemalloc.reset_peak()
    return now, peak
