"""The child's side, started with `python -m mailflatrate.base.child.inside`, never by fork. Limits are set here,
because code between fork and exec is not safe in a process with threads.
"""

import math
import pickle
import resource
import signal
import socket
import time
from contextlib import suppress
from pathlib import Path

from mailflatrate.base.child.frames import MAX_REQUEST, FrameError, FrameKind, receive, send
from mailflatrate.base.child.registry import MB, Contract, contract

_OPEN_FILES = 64
_SPARE = 48 * MB
_STATM = Path("/proc/self/statm")


class Child:
    """A loop over requests. Memory left over from one request does not count against the next."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        self._base = 0
        _, self._most = resource.getrlimit(resource.RLIMIT_AS)

    def serve(self) -> None:
        while True:
            kind, content = receive(self._connection, MAX_REQUEST)
            name, arguments, seconds = pickle.loads(content)  # noqa: S301  written by our parent, the only one with this socket
            if kind is FrameKind.PREPARE:
                contract(name)
                self._base = _address_space()
                send(self._connection, FrameKind.READY)
                continue
            del content
            self._answer(contract(name), kind, arguments, seconds)
            del arguments
            if _address_space() > self._base + _SPARE:
                return

    def _answer(
        self, reader_contract: Contract, kind: FrameKind, arguments: tuple[object, ...], seconds: float
    ) -> None:
        self._limit_memory(reader_contract.reader.memory_mb)
        try:
            if kind is FrameKind.STREAM:
                self._stream(reader_contract, arguments, seconds)
                kind, content = FrameKind.END, b""
            else:
                kind, content = (
                    FrameKind.ANSWER,
                    reader_contract.answer.dump_json((_timed(seconds, reader_contract.function, *arguments),)),
                )
        except MemoryError:
            kind, content = FrameKind.OUT_OF_MEMORY, b""
        except Exception as error:  # noqa: BLE001  the parent decides what it means
            kind, content = _error_answer(reader_contract, error)
        self._limit_memory(None)
        send(self._connection, kind, content)

    def _stream(self, reader_contract: Contract, arguments: tuple[object, ...], seconds: float) -> None:
        """Stream the items; the time limit applies to each one separately."""
        items = iter(reader_contract.function(*arguments))
        while (item := _timed(seconds, next, items, None)) is not None:
            send(self._connection, FrameKind.ITEM, reader_contract.answer.dump_json((item,)))

    def _limit_memory(self, megabytes: int | None) -> None:
        """Limit the address space, the only memory that Linux checks at the moment of allocation."""
        if self._base:
            soft = self._most if megabytes is None else self._base + megabytes * MB
            resource.setrlimit(resource.RLIMIT_AS, (soft, self._most))


def _timed(seconds: float, function: object, *arguments: object) -> object:
    """Call with a limit of processor time, at which the kernel ends this process, even inside a C library."""
    assert callable(function)
    # A second limit, in case a reader lifts the first one.
    last = math.ceil(time.process_time() + seconds) + 1
    resource.setrlimit(resource.RLIMIT_CPU, (last, resource.getrlimit(resource.RLIMIT_CPU)[1]))
    signal.setitimer(signal.ITIMER_PROF, seconds)
    try:
        return function(*arguments)
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)


def _error_answer(reader_contract: Contract, error: Exception) -> tuple[FrameKind, bytes]:
    declared = reader_contract.dump_error(error)
    if declared is None:
        return FrameKind.FAILED, type(error).__name__.encode()
    number, content = declared
    return FrameKind.RAISED, bytes([number]) + content


def _address_space() -> int:
    """Return the octets of address space in use; 0 if the system does not report them."""
    try:
        return int(_STATM.read_text(encoding="ascii").split()[0]) * resource.getpagesize()
    except OSError:
        return 0


def _limit_forever() -> None:
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_NOFILE, (_OPEN_FILES, _OPEN_FILES))


def main() -> None:
    _limit_forever()
    connection = socket.socket(fileno=0)
    with suppress(FrameError):  # the parent is gone
        Child(connection).serve()


if __name__ == "__main__":
    main()
