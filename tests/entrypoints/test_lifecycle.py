"""The file by which containers see that a process works: touched from the loop that does the work, and only then."""

import asyncio
import os
from pathlib import Path

import pytest

from mailflatrate.entrypoints.boot import lifecycle
from mailflatrate.settings.schema import load_settings

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
        await asyncio.sleep(0.1)
        age(file)
        await asyncio.sleep(0.1)
        assert file.stat().st_mtime > BEGINNING, "it is touched again and again"
        stuck = True
        await asyncio.sleep(0.05)
        age(file)
        await asyncio.sleep(0.1)
        assert file.stat().st_mtime == BEGINNING
        task.cancel()

    asyncio.run(run())


def test_a_folder_that_is_missing_ends_nothing(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = load_settings().model_copy(update={"life_file": file / "below" / "nothing"})
    monkeypatch.setattr(lifecycle, "load_settings", lambda: settings)

    async def run() -> None:
        task = asyncio.create_task(lifecycle.report_life(lambda: False))
        await asyncio.sleep(0.05)
        assert not task.done()
        task.cancel()

    asyncio.run(run())
