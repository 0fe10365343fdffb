"""Time and chance, the same in every run: installed before Django and any of our modules is imported.

While the world is built, time passes a thousand times slower, so that everything happens within one displayed second
and keeps its order. `stop` ends even that.
"""

import copyreg
import datetime as datetimes
import hashlib
import os
import random
import socket
import time
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Any

BEGIN = datetime(2026, 11, 26, 10, tzinfo=UTC)
END = BEGIN + timedelta(minutes=5)
SLOWNESS = 1000


class Chance:
    """A stream of bytes that only its seed decides."""

    def __init__(self) -> None:
        self.sow("world")

    def sow(self, seed: str) -> None:
        """Begin a stream anew."""
        self._seed, self._count = seed.encode(), 0
        random.seed(seed)

    def octets(self, size: int) -> bytes:
        """Return the next bytes of the stream."""
        self._count += 1
        return hashlib.shake_128(self._seed + self._count.to_bytes(8, "big")).digest(size)


class Clock:
    """The time that our code sees."""

    def __init__(self) -> None:
        self.started = datetime.now(UTC)
        self._stopped: datetime | None = None

    def now(self) -> datetime:
        """Return the fixed time, aware, in UTC."""
        return self._stopped or BEGIN + (datetime.now(UTC) - self.started) / SLOWNESS

    def stop(self, at: datetime = END) -> None:
        """Let no more time pass."""
        self._stopped = at

    def seconds(self) -> float:
        """Return what `time.time` returns."""
        return self.now().timestamp()


CHANCE = Chance()
CLOCK = Clock()


class _LikeDateTime(type(datetime)):  # type: ignore[misc]
    def __instancecheck__(cls, instance: object) -> bool:
        return isinstance(instance, datetime)

    def __subclasscheck__(cls, subclass: type) -> bool:
        return issubclass(subclass, datetime)


class FixedDateTime(datetime, metaclass=_LikeDateTime):
    """What every module gets for `datetime` from now on; its values are real ones."""

    def __new__(cls, *values: Any, **named: Any) -> datetime:  # type: ignore[misc]
        return datetime(*values, **named)  # noqa: DTZ001  # the caller's choice

    @classmethod
    def now(cls, tz: tzinfo | None = None) -> datetime:  # type: ignore[override]
        """Return the fixed time."""
        return CLOCK.now().astimezone(tz) if tz else CLOCK.now().replace(tzinfo=None)

    @classmethod
    def utcnow(cls) -> datetime:  # type: ignore[override]
        """Return the fixed time."""
        return CLOCK.now().replace(tzinfo=None)


class _Rejected(OSError):
    """Nothing outside this machine is asked."""


def _reject(*_values: object, **_named: object) -> None:
    raise _Rejected("no network in a golden crawl")


def install() -> None:
    """Replace the sources of time and chance of this process, and take its network away."""
    os.urandom = CHANCE.octets
    random._urandom = CHANCE.octets  # type: ignore[attr-defined]
    time.time = CLOCK.seconds
    datetimes.datetime = FixedDateTime  # type: ignore[misc]
    FixedDateTime.__module__, FixedDateTime.__qualname__ = "datetime", "datetime"  # as pickle looks it up
    copyreg.pickle(datetime, lambda value: (FixedDateTime, value.__reduce__()[1]))  # type: ignore[arg-type,return-value]
    connect = socket.socket.connect

    def connect_here(self: socket.socket, address: Any) -> None:
        if self.family == socket.AF_UNIX or address[0] == "127.0.0.1":
            return connect(self, address)
        return _reject()

    socket.socket.connect = connect_here  # type: ignore[method-assign]
    socket.socket.sendto = _reject  # type: ignore[method-assign,assignment]
    socket.getaddrinfo = _reject  # type: ignore[assignment]
