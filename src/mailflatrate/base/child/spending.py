"""A limit on the processor time that one request may use in all its children together."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from mailflatrate.base.child.errors import ChildTimeout

REQUEST_SECONDS = 2.6
"""What all checks of the largest campaign take on the slowest machine we measured is 1.5."""
REQUEST_WAIT_SECONDS = 2.0
_LEAST_SECONDS = 0.02
"""With less than this left, no reader would come to an answer."""


class CpuBudget:
    """Processor time that several calls share. Threads of one request may use it at once."""

    def __init__(self, seconds: float) -> None:
        self._left = seconds
        self.patience = REQUEST_WAIT_SECONDS
        """Seconds that the request may still wait for a free child."""
        self.answers: dict[tuple[Any, ...], Any] = {}
        """What `call_once` was told in this request."""
        self._lock = threading.Lock()

    @property
    def left(self) -> float:
        return self._left

    def spend(self, seconds: float) -> None:
        with self._lock:
            self._left -= seconds

    def wait(self, seconds: float) -> None:
        with self._lock:
            self.patience -= seconds


_current: ContextVar[CpuBudget | None] = ContextVar("child_budget", default=None)


@contextmanager
def budget(seconds: float = REQUEST_SECONDS) -> Iterator[CpuBudget]:
    """Limit all calls inside to `seconds` of processor time together. A nested budget shares the outer one."""
    outer = _current.get()
    if outer is not None:
        yield outer
        return
    token = _current.set(made := CpuBudget(seconds))
    try:
        yield made
    finally:
        _current.reset(token)


def seconds_for(most: float) -> float:
    """Return the seconds that a call limited to `most` may still use. Raises ChildTimeout if none are left."""
    current = _current.get()
    if current is None:
        return most
    if current.left < _LEAST_SECONDS:
        raise ChildTimeout("this request has used up its processor time")
    return min(most, current.left)


def spend(seconds: float) -> None:
    if (current := _current.get()) is not None:
        current.spend(seconds)


def exhaust() -> None:
    """Use up the budget, so that an input that was too much for one reader gets no time from another."""
    if (current := _current.get()) is not None:
        current.spend(current.left)


def patience(most: float) -> float:
    current = _current.get()
    return most if current is None else max(0.0, min(most, current.patience))


def answers() -> dict[tuple[Any, ...], Any]:
    current = _current.get()
    return {} if current is None else current.answers


def wait(seconds: float) -> None:
    if (current := _current.get()) is not None:
        current.wait(seconds)
