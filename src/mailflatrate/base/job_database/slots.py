"""A fixed number of connections for any number of threads, first come, first served."""

import select
import threading
import time
from collections import deque
from typing import Any

import psycopg
from psycopg import pq

from mailflatrate.settings import links

LONGEST_LIFE_SECONDS = 60.0
"""An older connection is replaced, as Django does for pages, so that a process recovers from a failover."""

CHECK_SECONDS = 0.5
"""How often a thread that waits looks for threads that are dead."""


class NoSlot(psycopg.OperationalError):
    """Raised when all connections stayed in use for as long as a thread may wait."""


class Slot:
    """`idle` is a connection that came with it; `psycopg` is the one that its thread uses."""

    __slots__ = ("_slots", "idle", "psycopg", "thread")

    def __init__(self, slots: "Slots", idle: "Idle | None") -> None:
        self._slots, self.idle = slots, idle
        self.psycopg: psycopg.Connection[Any] | None = None
        self.thread = threading.current_thread()

    def give_back(self, idle: "Idle | None") -> None:
        self._slots.give_back(self, idle)


class Idle:
    """A connection between two transactions."""

    __slots__ = ("opened_at", "psycopg", "thread")

    def __init__(self, link: psycopg.Connection[Any], opened_at: float) -> None:
        self.psycopg, self.opened_at = link, opened_at
        self.thread = threading.get_ident()

    def is_fit(self) -> bool:
        """Between transactions, young, not closed by the server, and to the latest writing host. Runs no query."""
        link = self.psycopg
        if link.closed or link.pgconn.transaction_status != pq.TransactionStatus.IDLE or links.is_elsewhere(link):
            return False
        if time.monotonic() - self.opened_at > LONGEST_LIFE_SECONDS:
            return False
        poll = select.poll()
        poll.register(link.fileno(), select.POLLIN)
        return not poll.poll(0)  # a server says nothing unasked, unless it ends the connection

    def forget(self) -> None:
        """Reset the previous thread's session state: settings, temporary tables, locks. Raises psycopg.Error."""
        if self.thread != threading.get_ident():
            psycopg.Cursor(self.psycopg).execute("DISCARD ALL")


class _Waiting:
    __slots__ = ("idle", "served")

    def __init__(self) -> None:
        self.served = threading.Event()
        self.idle: Idle | None = None


class Slots:
    """A pool of `most` connections. A thread that returns one and wants another queues behind those already waiting."""

    def __init__(self, most: int, wait_seconds: float) -> None:
        self._free, self._wait_seconds = most, wait_seconds
        self._idle: list[Idle] = []
        self._taken: set[Slot] = set()
        self._queue: deque[_Waiting] = deque()
        self._lock = threading.Lock()

    def take(self) -> Slot:
        me = _Waiting()
        with self._lock:
            if self._free:
                self._free -= 1
                return self._note(self._pick())
            self._queue.append(me)
        ends_at = time.monotonic() + self._wait_seconds
        while not me.served.wait(min(CHECK_SECONDS, self._wait_seconds)):
            self._collect()
            with self._lock:
                if not me.served.is_set() and time.monotonic() >= ends_at:
                    self._queue.remove(me)
                    raise NoSlot(f"no connection became free within {self._wait_seconds:.0f} seconds")
        with self._lock:
            return self._note(me.idle)

    def give_back(self, slot: Slot, idle: Idle | None) -> None:
        with self._lock:
            if slot not in self._taken:
                return  # collected: its thread is said to be dead
            self._taken.discard(slot)
            if self._queue:
                first = self._queue.popleft()
                first.idle = idle
                first.served.set()
                return
            self._free += 1
            if idle is not None:
                self._idle.append(idle)

    def forget_idle(self) -> None:
        with self._lock:
            gone, self._idle = self._idle, []
        for idle in gone:
            idle.psycopg.close()

    def cut_in_use(self) -> None:
        with self._lock:
            taken = [slot.psycopg for slot in self._taken if slot.psycopg is not None]
        for link in taken:
            links.cut(link)

    def _note(self, idle: Idle | None) -> Slot:
        slot = Slot(self, idle)
        self._taken.add(slot)
        return slot

    def _collect(self) -> None:
        with self._lock:
            dead = [slot for slot in self._taken if not slot.thread.is_alive()]
        for slot in dead:
            if slot.psycopg is not None:
                slot.psycopg.close()
            self.give_back(slot, None)

    def _pick(self) -> Idle | None:
        """Return an idle connection, if possible the one that this thread had last, which needs no reset."""
        own = threading.get_ident()
        for at, idle in enumerate(self._idle):
            if idle.thread == own:
                return self._idle.pop(at)
        return self._idle.pop() if self._idle else None
