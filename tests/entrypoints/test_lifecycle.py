"""The file by which containers see that a process works: touched from the loop that does the work, and only then."""

import asyncio
import os
import socket
from contextlib import suppress
from pathlib import Path

import pytest

from mailflatrate.entrypoints.boot import lifecycle
from mailflatrate.settings.schema import load_settings
from support.waiting import stays_async, wait_until_async

BEGINNING = 1_000_000_000


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    found = tmp_path / "alive"
    settings = load_settings().model_copy(update={"life_file": found})
    monkeypatch.setattr(lifecycle, "load_settings", lambda: settings)
    monkeypatch.setattr(lifecycle, "TOUCH_SECONDS", 0.01)
    return found


def age(file: Path) -> None:
    os.utime(file, (BEGINNING, BEGINNING))


def test_a_stuck_process_stops_touching_its_file(file: Path) -> None:
    stuck = False

    async def run() -> None:
        nonlocal stuck
        task = asyncio.create_task(lifecycle.report_life(lambda: stuck))
        await wait_until_async(file.exists, "the file")
        for _ in range(3):
            age(file)
            await wait_until_async(lambda: file.stat().st_mtime > BEGINNING, "the next touch")
        stuck = True
        age(file)
        await stays_async(lambda: file.stat().st_mtime == BEGINNING, "nobody touches it", seconds=0.2)
        task.cancel()

    asyncio.run(run())


def test_the_service_manager_hears_of_a_process_that_works_and_not_of_a_stuck_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    address = tmp_path / "notify"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(str(address))
        manager.setblocking(False)
        monkeypatch.setenv("NOTIFY_SOCKET", str(address))
        monkeypatch.setenv("WATCHDOG_USEC", "30000")
        monkeypatch.setenv("WATCHDOG_PID", str(os.getpid()))

        def heard() -> set[bytes]:
            found = set()
            with suppress(BlockingIOError):
                while True:
                    found.add(manager.recv(100))
            return found

        async def run() -> None:
            stuck, told = False, set[bytes]()

            def has_said_both() -> bool:
                told.update(heard())
                return len(told) == 2

            task = asyncio.create_task(lifecycle.report_life(lambda: stuck))
            await wait_until_async(has_said_both, lambda: f"READY and WATCHDOG, not only {told}")
            assert told == {b"READY=1", b"WATCHDOG=1"}
            stuck = True
            heard()
            await stays_async(lambda: not heard(), "a stuck process says nothing", seconds=0.15)
            task.cancel()

        asyncio.run(run())


def test_a_folder_that_is_missing_ends_nothing(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = load_settings().model_copy(update={"life_file": file / "below" / "nothing"})
    monkeypatch.setattr(lifecycle, "load_settings", lambda: settings)

    async def run() -> None:
        task = asyncio.create_task(lifecycle.report_life(lambda: False))
        await stays_async(lambda: not task.done(), "it goes on", seconds=0.05)
        task.cancel()

    asyncio.run(run())
