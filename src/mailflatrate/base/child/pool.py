"""The child processes of this process: started when needed, shared by its threads, replaced after each failure."""

import atexit
import os
import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from mailflatrate.base.child.errors import ChildBusy, ChildError
from mailflatrate.base.child.process import ChildProcess
from mailflatrate.base.child.registry import READERS
from mailflatrate.base.child.spending import current

CHILDREN = 2
WAIT_SECONDS = 3.0


class ChildPool:
    """A pool of up to `children` processes. Threads wait for a free one, at most `wait_seconds`."""

    def __init__(self, children: int = CHILDREN, wait_seconds: float = WAIT_SECONDS) -> None:
        self._free: list[ChildProcess] = []
        self._lock = threading.Lock()
        self._slots = threading.BoundedSemaphore(children)
        self._alone = threading.Lock()
        self._children, self._wait_seconds = children, wait_seconds
        self._at_hand: tuple[str, ...] = ()

    def call(self, name: str, *arguments: Any) -> Any:
        with self._turn(READERS[name].alone), self._child(name) as child:
            return child.call(name, arguments)

    @contextmanager
    def _turn(self, alone: bool) -> Iterator[None]:
        began = time.monotonic()
        ends_at = began + max(0.0, min(self._wait_seconds, current().patience))
        if alone and not self._alone.acquire(timeout=max(0.0, ends_at - began)):
            raise ChildBusy("another reader of this kind is busy")
        try:
            is_free = self._slots.acquire(timeout=max(0.0, ends_at - time.monotonic()))
            current().wait(time.monotonic() - began)
            if not is_free:
                raise ChildBusy("all child processes are busy")
            try:
                yield
            finally:
                self._slots.release()
        finally:
            if alone:
                self._alone.release()

    @contextmanager
    def _child(self, name: str) -> Iterator[ChildProcess]:
        child = self._take(name)
        try:
            yield child
        except ChildError:
            child.end()
            self.start_spare(name)
            raise
        except Exception:  # declared by the reader: the child is still usable
            self._give_back(child)
            raise
        except BaseException:  # an answer may still be under way
            child.end()
            raise
        else:
            self._give_back(child)

    def _take(self, name: str) -> ChildProcess:
        while True:
            with self._lock:
                at = next((at for at, child in enumerate(self._free) if child.knows(name)), -1)
                child = self._free.pop(at) if self._free else None
            if child is None:
                return ChildProcess()
            if child.is_alive:
                return child
            child.end()

    def _give_back(self, child: ChildProcess) -> None:
        with self._lock:
            is_wanted = len(self._free) < self._children
            if is_wanted:
                self._free.append(child)
        if not is_wanted:
            child.end()

    def warm(self, names: Iterable[str]) -> None:
        self._at_hand = tuple(names)
        for _ in range(self._children):
            self.start_spare(*self._at_hand[:1])

    def start_spare(self, *names: str) -> None:
        child = ChildProcess()
        try:
            for name in dict.fromkeys((*names, *self._at_hand)):
                child.begin_preparing(name)
        except ChildError:
            child.end()
        else:
            self._give_back(child)

    def close(self) -> None:
        with self._lock:
            children, self._free = self._free, []
        for child in children:
            child.end()

    def forget(self) -> None:
        """Start with an empty pool in a process that was forked from this one."""
        for child in self._free:
            child.forget()
        self._free = []
        self._lock, self._alone = threading.Lock(), threading.Lock()
        self._slots = threading.BoundedSemaphore(self._children)


_pool = ChildPool()
atexit.register(_pool.close)
os.register_at_fork(after_in_child=_pool.forget)


def call(name: str, *arguments: Any) -> Any:
    """Run the reader `name` of the registry. Raises a ChildError, or what the reader declares. For any thread."""
    return _pool.call(name, *arguments)


def call_once(name: str, *arguments: Any) -> Any:
    """Call a reader like `call`, but reuse its first answer within one request. The arguments must be hashable."""
    key, cached = (name, *arguments), current().answers
    if key not in cached:
        cached[key] = call(name, *arguments)
    return cached[key]


def stream(name: str, *arguments: Any) -> Iterator[Any]:
    """Yield what the reader `name` yields, from a dedicated child process that ends with the iteration."""
    child = ChildProcess()
    try:
        yield from child.stream(name, arguments)
    finally:
        child.end()


def warm(*names: str) -> None:
    _pool.warm(names)
