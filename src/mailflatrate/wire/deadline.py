"""One deadline for a whole conversation: a socket's timeout restarts with every octet, a `Deadline` doesn't."""

from __future__ import annotations

import socket
import threading
import time
from contextlib import suppress
from types import TracebackType
from typing import Self, TypeVar

Link = TypeVar("Link", bound=socket.socket)


class Deadline:
    """Raises TimeoutError from the block when it expires. Every socket used inside is passed to `guard` as soon as it
    exists, and again when TLS has wrapped it.
    """

    def __init__(self, seconds: float) -> None:
        self._ends = time.monotonic() + seconds
        self._lock = threading.Lock()
        self._guarded: list[socket.socket] = []
        self._timer = threading.Timer(seconds, self._cut)
        self._timer.daemon = True

    def __enter__(self) -> Self:
        self._timer.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, _trace: TracebackType | None
    ) -> None:
        self._timer.cancel()
        # A connection that was cut looks like one that ended: what was read then is not the whole.
        if time.monotonic() >= self._ends and (problem is None or isinstance(problem, Exception)):
            raise TimeoutError("no answer in time") from problem

    def cut(self) -> None:
        """End the conversation now, from any thread: whatever waits inside the block raises TimeoutError or OSError."""
        self._ends = time.monotonic()
        self._cut()

    def left(self, at_most: float) -> float:
        """Return the seconds until the deadline, limited to `at_most`. Raises TimeoutError if none are left."""
        rest = self._ends - time.monotonic()
        if rest <= 0:
            raise TimeoutError("no answer in time")
        return min(rest, at_most)

    def guard(self, link: Link) -> Link:
        """Cut this connection when the deadline expires. Raises TimeoutError if it already has."""
        with self._lock:
            self._guarded.append(link)
        self.left(1.0)
        return link

    def connect(self, host: str, port: int, *, silence_seconds: float) -> socket.socket:
        """Open a guarded connection; a single read or write may take `silence_seconds`. Raises OSError."""
        link = socket.create_connection((host, port), timeout=self.left(silence_seconds))
        return self.guard(link)

    def _cut(self) -> None:
        with self._lock:
            for link in self._guarded:
                with suppress(OSError):  # closed already, or its TLS twin holds it now
                    socket.socket.shutdown(link, socket.SHUT_RDWR)  # TLS would try to say goodbye first
