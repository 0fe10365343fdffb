"""The values that pass in and out of a group of relays: members in, reports out."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from mailflatrate.wire.smtp_types import OutcomeKind, RelayConfig, RelayUnavailable


@dataclass(frozen=True, slots=True)
class GroupMember:
    """One relay of a group.

    `takes` False: it finishes what it was handed and takes nothing further. `is_cut`: it also returns what it
    hasn't begun. `tag` returns a header line to put before the content, from the envelope sender.
    """

    number: int
    config: RelayConfig
    connections: int
    messages_per_connection: int
    weight: int = 1
    takes: bool = True
    is_cut: bool = False
    tag: Callable[[str], bytes] | None = None


@dataclass(slots=True)
class MemberReport:
    """How a relay is doing, as seen by this process. Counts since the process started."""

    accepted: int = 0
    deferred: int = 0
    refused: int = 0
    problem: str = ""
    failing_since: float | None = None

    def failed(self, problem: RelayUnavailable) -> None:
        """Note that no connection can be opened."""
        self.problem = str(problem)
        self.failing_since = self.failing_since or time.time()

    def count(self, kind: OutcomeKind) -> None:
        """Note one outcome."""
        if kind is OutcomeKind.ACCEPTED:
            self.accepted += 1
            if self.problem:
                self.problem, self.failing_since = "", None
        elif kind is OutcomeKind.DEFERRED:
            self.deferred += 1
        elif kind is OutcomeKind.REJECTED:
            self.refused += 1
