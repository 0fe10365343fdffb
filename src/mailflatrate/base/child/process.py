"""One child process from the parent's side: started, called, and killed when it does not answer."""

import os
import pickle
import signal
import socket
import subprocess
import sys
import time
from collections import deque
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import mailflatrate
from mailflatrate.base.child.errors import ChildCrashed, ChildError, ChildFailed, ChildOutOfMemory, ChildTimeout
from mailflatrate.base.child.frames import FrameError, FrameKind, receive, send
from mailflatrate.base.child.registry import MB, Contract, contract
from mailflatrate.base.child.spending import current, seconds_for

_COMMAND = (sys.executable, "-P", "-s", "-m", "mailflatrate.base.child.inside")
_SECONDS_TO_START = 30.0
_KILLED_FOR_TIME = (-signal.SIGPROF, -signal.SIGXCPU)


class ChildProcess:
    """Runs one reader at a time. It ends with its parent, which holds the only other end of the socket."""

    def __init__(self) -> None:
        ours, theirs = socket.socketpair()
        with theirs:
            self._process: subprocess.Popen[bytes] = subprocess.Popen(
                _COMMAND,
                stdin=theirs.fileno(),
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                env=_environment(),
                cwd="/",
                start_new_session=True,
            )
        self._connection = ours
        self._prepared: set[str] = set()
        self._preparing: deque[str] = deque()

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def is_alive(self) -> bool:
        """Return whether the process can be called. A child that grew too large ends after its last answer."""
        return self._process.poll() is None

    def knows(self, name: str) -> bool:
        return name in self._prepared or name in self._preparing

    def begin_preparing(self, name: str) -> None:
        if not self.knows(name):
            self._preparing.append(name)
            self._send(FrameKind.PREPARE, (name, (), 0.0), time.monotonic() + _SECONDS_TO_START)

    def call(self, name: str, arguments: tuple[Any, ...]) -> Any:
        reader_contract = contract(name)
        seconds = seconds_for(reader_contract.reader.cpu_seconds)
        self._prepare(name)
        ends_at = time.monotonic() + reader_contract.reader.wall_seconds
        before, used = self._processor_time(), seconds
        try:
            self._send(FrameKind.CALL, (name, arguments, seconds), ends_at)
            kind, content = self._receive(reader_contract, ends_at)
            used = self._processor_time() - before
            if kind is not FrameKind.ANSWER:
                raise self._problem(reader_contract, kind, content)
        except (ChildTimeout, ChildOutOfMemory):
            current().exhaust()
            raise
        finally:  # a call that did not return counts as having used its full allowance
            current().spend(used)
        return _checked(reader_contract, content)

    def stream(self, name: str, arguments: tuple[Any, ...]) -> Iterator[Any]:
        """Yield the reader's items one by one, each under the reader's limits."""
        reader_contract = contract(name)
        self._prepare(name)
        self._send(
            FrameKind.STREAM,
            (name, arguments, reader_contract.reader.cpu_seconds),
            time.monotonic() + reader_contract.reader.wall_seconds,
        )
        while True:
            kind, content = self._receive(reader_contract, time.monotonic() + reader_contract.reader.wall_seconds)
            if kind is FrameKind.END:
                return
            if kind is not FrameKind.ITEM:
                raise self._problem(reader_contract, kind, content)
            yield _checked(reader_contract, content)

    def end(self) -> None:
        self._connection.close()
        self._process.kill()
        self._process.wait()

    def forget(self) -> None:
        """Drop the process without a signal, because after a fork it is the other process's child."""
        self._connection.close()
        self._process.returncode = 0

    def _prepare(self, name: str) -> None:
        """Import the reader's modules, which does not count against the reader's time."""
        self.begin_preparing(name)
        ends_at = time.monotonic() + _SECONDS_TO_START
        while self._preparing:
            try:
                kind, _ = receive(self._connection, 0, ends_at)
            except TimeoutError as error:
                raise ChildTimeout(f"{name} did not start") from error
            except FrameError as error:
                raise ChildCrashed(f"{name} did not start") from error
            if kind is not FrameKind.READY:
                raise ChildFailed(f"{name} did not start")
            self._prepared.add(self._preparing.popleft())

    def _send(self, kind: FrameKind, request: tuple[str, tuple[Any, ...], float], ends_at: float) -> None:
        try:
            send(self._connection, kind, pickle.dumps(request, pickle.HIGHEST_PROTOCOL), ends_at)
        except TimeoutError as error:
            raise ChildTimeout(f"{request[0]} accepted no request") from error
        except FrameError as error:
            raise self._death(request[0]) from error

    def _receive(self, reader_contract: Contract, ends_at: float) -> tuple[FrameKind, bytes]:
        try:
            return receive(self._connection, reader_contract.reader.answer_mb * MB, ends_at)
        except TimeoutError as error:
            raise ChildTimeout(reader_contract.reader.function) from error
        except FrameError as error:
            raise self._death(reader_contract.reader.function) from error

    def _processor_time(self) -> float:
        """Return the seconds of processor time used so far, as the kernel counts them (clock_getcpuclockid)."""
        try:
            return time.clock_gettime(~self._process.pid << 3 | 2)
        except OSError:  # it has just ended
            return 0.0

    def _death(self, name: str) -> ChildError:
        try:
            status = self._process.wait(timeout=1)
        except subprocess.TimeoutExpired:
            return ChildFailed(f"{name} broke the protocol")
        if status in _KILLED_FOR_TIME:
            return ChildTimeout(name)
        return ChildCrashed(f"{name} ended with status {status}")

    @staticmethod
    def _problem(reader_contract: Contract, kind: FrameKind, content: bytes) -> Exception:
        name = reader_contract.reader.function
        if kind is FrameKind.OUT_OF_MEMORY:
            return ChildOutOfMemory(name)
        if kind is FrameKind.RAISED and content:
            try:
                return reader_contract.load_error(content[0], content[1:])
            except (ValueError, IndexError):
                return ChildFailed(f"{name} raised something else than it declares")
        if kind is FrameKind.FAILED:
            return ChildFailed(f"{name} raised {content[:80].decode('ascii', 'replace')}")
        return ChildFailed(f"{name} broke the protocol")


def _checked(reader_contract: Contract, content: bytes) -> Any:
    try:
        return reader_contract.answer.validate_json(content, strict=True)[0]
    except ValueError as error:
        raise ChildFailed(f"{reader_contract.reader.function} returned something else than it declares") from error


def _environment() -> dict[str, str]:
    """Return only the variables that Python needs to start: no database address, no key."""
    return {
        "PATH": os.defpath,
        "LANG": "C.UTF-8",
        "PYTHONPATH": str(Path(mailflatrate.__file__).parents[1]),
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONUTF8": "1",
        "MALLOC_ARENA_MAX": "1",
    }
