"""The input and output values of a group of relays: its members and their reports."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from mailflatrate.wire.smtp.types import OutcomeKind, RelayConfig, RelayUnavailable


@dataclass(frozen=True, slots=True)
class GroupMember:
    """`takes` False: it only finishes what it has. `is_cut`: it also returns what it hasn't begun. `tag`, given the
    envelope sender, returns a header line to put before the content.
    """

    number: int
    config: RelayConfig
    connections: int
    messages_per_connection: int
    weight: int = 1
    takes: bool = True
    is_cut: bool = False
    tag: Callable[[str], bytes] | None = None

    def connects_like(self, other: GroupMember) -> bool:
        connections = self.connections, self.messages_per_connection
        return (self.config, *connections) == (other.config, other.connections, other.messages_per_connection)


@dataclass(slots=True)
class MemberReport:
    accepted: int = 0
    deferred: int = 0
    refused: int = 0
    problem: str = ""
    failing_since: float | None = None

    def failed(self, problem: RelayUnavailable) -> None:
        self.problem = str(problem)
        self.failing_since = self.failing_since or time.time()

    def count(self, kind: OutcomeKind) -> None:
        if kind is OutcomeKind.ACCEPTED:
            self.accepted += 1
            if self.problem:
                self.problem, self.failing_since = "", None
        elif kind is OutcomeKind.DEFERRED:
            self.deferred += 1
        elif kind is OutcomeKind.REJECTED:
            self.refused += 1
