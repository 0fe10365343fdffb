"""Wait for what a test needs. Nothing else in the tests waits for a fixed time (`tests/architecture/test_waits.py`).

A wait ends as soon as its condition holds, so patience costs time only where a test fails. Where something must not
happen there is no condition to wait for: `stays` looks again and again for as long as the test says.
"""

import asyncio
import inspect
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, Final, TypeVar, cast

T = TypeVar("T")

PATIENCE_SECONDS: Final = 60.0
PAUSE_SECONDS: Final = 0.02
READING_SECONDS: Final = 3.2
"""A form that is sent sooner after it was shown counts as filled in by a machine (R-35)."""

What = str | Callable[[], str]
"""What is waited for. A function is called when the wait fails, to say how far things had come."""


def wait_until(
    condition: Callable[[], T], what: What, *, seconds: float = PATIENCE_SECONDS, pause: float = PAUSE_SECONDS
) -> T:
    """Return the first true result of `condition`. Raises AssertionError, naming `what`, if none comes in time."""
    ends = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < ends, _missing(what, seconds)
        time.sleep(pause)
    return found


async def wait_until_async(
    condition: Callable[[], T | Awaitable[T]],
    what: What,
    *,
    seconds: float = PATIENCE_SECONDS,
    pause: float = PAUSE_SECONDS,
) -> T:
    """Do the same without holding up the event loop; `condition` may be a coroutine function."""
    ends = time.monotonic() + seconds
    while not (found := await _result(condition)):
        assert time.monotonic() < ends, _missing(what, seconds)
        await asyncio.sleep(pause)
    return cast(T, found)


def stays(condition: Callable[[], object], what: What, *, seconds: float, pause: float = PAUSE_SECONDS) -> None:
    """Check that `condition` holds now and for so long. Raises AssertionError, naming `what`, once it doesn't."""
    ends = time.monotonic() + seconds
    while True:
        assert condition(), _ended(what)
        if time.monotonic() >= ends:
            return
        time.sleep(pause)


async def stays_async(
    condition: Callable[[], object], what: What, *, seconds: float, pause: float = PAUSE_SECONDS
) -> None:
    """Do the same without holding up the event loop; `condition` may be a coroutine function."""
    ends = time.monotonic() + seconds
    while True:
        assert await _result(condition), _ended(what)
        if time.monotonic() >= ends:
            return
        await asyncio.sleep(pause)


def read_as_a_person(since: float | None = None) -> None:
    """Take the time that people take to read a form, counted from `since` (a `time.monotonic()`) or from now."""
    shown_at = time.monotonic() if since is None else since
    time.sleep(max(0.0, shown_at + READING_SECONDS - time.monotonic()))


class Waited:
    """How long this thread has waited for anything but a processor: what a busy machine adds isn't counted."""

    def __init__(self) -> None:
        self._began = self._since_start()

    @property
    def seconds(self) -> float:
        """Since this was made, in the same thread."""
        return self._since_start() - self._began

    def _since_start(self) -> float:
        now, counted = time.monotonic(), Path("/proc/thread-self/schedstat")
        if not counted.exists():  # a kernel that doesn't say: all time counts
            return now
        worked, queued, _turns = map(int, counted.read_text().split())
        return now - (worked + queued) / 1e9


async def _result(condition: Callable[[], Any]) -> Any:
    found = condition()
    return await found if inspect.isawaitable(found) else found


def _missing(what: What, seconds: float) -> str:
    return f"{what if isinstance(what, str) else what()}: not within {seconds:g} seconds"


def _ended(what: What) -> str:
    return f"{what if isinstance(what, str) else what()}: no longer true"
