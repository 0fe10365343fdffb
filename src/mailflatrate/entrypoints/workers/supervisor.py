"""The processes of one host: started, restarted with growing pauses after a crash, and stopped cleanly."""

import ctypes
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import structlog

log = structlog.get_logger("supervisor")

LONGEST_PAUSE_SECONDS = 30.0
STEADY_SECONDS = 60.0  # a process that ran this long starts over with the shortest pause
STOP_SECONDS = 14.0  # its processes end themselves within 12, whatever hangs
PR_SET_PDEATHSIG = 1


def _die_with_parent() -> None:
    """Ask the kernel to end this child when the supervisor is killed, so that no orphan keeps a port."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


@dataclass(slots=True)
class _Child:
    name: str
    command: tuple[str, ...]
    process: subprocess.Popen[bytes] | None = None
    started_at: float = 0.0
    pause_seconds: float = 1.0
    due_at: float = 0.0


@dataclass(slots=True)
class Supervisor:
    environment: Mapping[str, str]
    _children: list[_Child] = field(default_factory=list)
    _tended: list[Callable[[], None]] = field(default_factory=list)
    _stopping: threading.Event = field(default_factory=threading.Event)
    _ended: threading.Event = field(default_factory=threading.Event)

    def add(self, name: str, *arguments: str) -> None:
        command = (sys.executable, "-m", "mailflatrate.entrypoints.cli.main", *arguments)
        self._children.append(_Child(name, command))

    def before_each(self, tend: Callable[[], None]) -> None:
        """Call `tend` several times a second while the processes run; what it raises is logged."""
        self._tended.append(tend)

    def watch(self) -> None:
        """Start all, keep them running until `stop()`, then end them with SIGTERM, so that they finish current work."""
        try:
            while not self._stopping.is_set():
                for tend in self._tended:
                    try:
                        tend()
                    except Exception:  # it is tried again in a moment, and the processes wait for what it looks after
                        log.exception("not_revived")
                for child in self._children:
                    self._tend(child)
                self._stopping.wait(0.2)
        finally:
            self._end_all()
            self._ended.set()

    def stop(self) -> None:
        """Make `watch` end; safe from a signal handler and from another thread."""
        self._stopping.set()

    def wait(self) -> None:
        """Safe to interrupt by a signal; `Thread.join` would then consider the thread ended (before Python 3.13)."""
        self._ended.wait()

    def pids(self) -> dict[str, int]:
        return {child.name: child.process.pid for child in self._children if child.process is not None}

    def _tend(self, child: _Child) -> None:
        now = time.monotonic()
        if child.process is not None and child.process.poll() is not None:
            if now - child.started_at > STEADY_SECONDS:
                child.pause_seconds = 1.0
            log.warning(
                "process ended",
                process=child.name,
                status=child.process.returncode,
                again_in_seconds=child.pause_seconds,
            )
            child.process = None
            child.due_at = now + child.pause_seconds
            child.pause_seconds = min(child.pause_seconds * 2, LONGEST_PAUSE_SECONDS)
        if child.process is None and now >= child.due_at:
            child.started_at = now
            child.process = subprocess.Popen(
                child.command,
                env=dict(self.environment),
                preexec_fn=_die_with_parent,  # noqa: PLW1509  prctl takes no lock
                start_new_session=True,
            )
            log.info("process started", process=child.name, pid=child.process.pid)

    def _end_all(self) -> None:
        running: Sequence[subprocess.Popen[bytes]] = [c.process for c in self._children if c.process is not None]
        for process in running:
            process.terminate()
        deadline = time.monotonic() + STOP_SECONDS
        for process in running:
            try:
                process.wait(max(0.1, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                log.warning("process didn't stop in time and was killed", pid=process.pid)
                process.kill()
                process.wait()
