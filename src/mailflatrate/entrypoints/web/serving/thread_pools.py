"""The threads of a web process. Requests that must always get a response have their own threads."""

import re
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from threading import Lock
from typing import Any, Final

_HEALTH: Final = re.compile(r"/healthz")
_READY: Final = re.compile(r"/readyz(/web)?|/metrics")
_LEAVE: Final = re.compile(r"/u/[^/]+")


class PoolFull(Exception):
    """Raised when more requests are waiting than can be processed in a reasonable time."""


class RequestPool:
    def __init__(self, name: str, threads: int, most_waiting: int) -> None:
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix=name)
        self._most = threads + most_waiting
        self._pending = 0
        self._lock = Lock()

    def submit(self, work: Callable[[], Any]) -> Future[Any]:
        """Run `work` in a thread; work that has not started can be canceled. Raises PoolFull."""
        with self._lock:
            if self._pending >= self._most:
                raise PoolFull
            self._pending += 1
        future = self._pool.submit(work)
        future.add_done_callback(self._done)
        return future

    def _done(self, _future: Future[Any]) -> None:
        with self._lock:
            self._pending -= 1


@dataclass(frozen=True)
class RequestPools:
    """`door` looks up the sender of a large body, `leave` handles unsubscribes, `watch` looks for awaited events,
    `health` and `ready` answer machines; of these two, only `ready` waits for the database.
    """

    pages: RequestPool
    leave: RequestPool
    health: RequestPool
    ready: RequestPool
    door: RequestPool
    watch: RequestPool

    def of(self, path: str) -> RequestPool:
        pool: RequestPool = getattr(self, pool_name(path))
        return pool


def pool_name(path: str) -> str:
    if _HEALTH.fullmatch(path):
        return "health"
    if _READY.fullmatch(path):
        return "ready"
    return "leave" if _LEAVE.fullmatch(path) else "pages"


def make_pools(page_threads: int) -> RequestPools:
    return RequestPools(
        pages=RequestPool("pages", page_threads, 400),
        leave=RequestPool("leave", 2, 400),
        health=RequestPool("health", 1, 100),
        ready=RequestPool("ready", 1, 20),
        door=RequestPool("door", 1, 100),
        watch=RequestPool("watch", 1, 4),
    )
