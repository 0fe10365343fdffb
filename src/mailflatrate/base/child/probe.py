"""Readers that misbehave on purpose, to prove that the limits hold on this system (tests, `mailflatrate doctor`)."""

import os
import signal
from collections.abc import Iterator
from dataclasses import dataclass


class ProbeRefused(Exception):
    """A declared exception; `reason` is passed to the parent."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class ProbeAnswer:
    """What the child can observe about itself."""

    pid: int
    environment: tuple[str, ...]
    content: bytes


def probe(action: str, content: bytes = b"") -> ProbeAnswer:
    """Do what `action` says: answer, spin, sleep, allocate, crash, refuse, raise, write or flood."""
    match action:
        case "spin":
            while True:
                pass
        case "sleep":
            signal.pause()
        case "allocate":
            content = bytes(1024 * 1024 * 1024)
        case "crash":
            os.abort()
        case "refuse":
            raise ProbeRefused("not today")
        case "raise":
            raise ZeroDivisionError
        case "flood":
            content = bytes(16 * 1024 * 1024)
    return ProbeAnswer(os.getpid(), tuple(sorted(os.environ)), content)


def count_slowly(most: int) -> Iterator[int]:
    """Yield 0 to `most`, then spin."""
    yield from range(most)
    while True:
        pass


def spin(*arguments: object) -> None:
    """Never end, whatever the arguments are."""
    while True:
        pass
