"""A limit on the processor time that one request may use in all its children together."""

from __future__ import annotations

import math
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

    def __init__(self, seconds: float, patience: float) -> None:
        self._left = seconds
        self.patience = patience
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

    def exhaust(self) -> None:
        """Use up the rest, so that an input that was too much for one reader gets no time from another."""
        with self._lock:
            self._left = 0.0

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
    token = _current.set(made := CpuBudget(seconds, REQUEST_WAIT_SECONDS))
    try:
        yield made
    finally:
        _current.reset(token)


def current() -> CpuBudget:
    """Return the request's budget; outside of any, one without limits."""
    return _current.get() or CpuBudget(math.inf, math.inf)


def seconds_for(most: float) -> float:
    """Return the seconds that a call limited to `most` may still use. Raises ChildTimeout if none are left."""
    left = current().left
    if left < _LEAST_SECONDS:
        raise ChildTimeout("this request has used up its processor time")
    return min(most, left)
