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
    pid: int
    environment: tuple[str, ...]
    content: bytes


def probe(action: str, content: bytes = b"") -> ProbeAnswer:
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
    yield from range(most)
    while True:
        pass


def spin(*arguments: object) -> None:
    while True:
        pass
