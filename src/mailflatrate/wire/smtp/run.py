"""The state of one `send_many`: messages being sent and returned, and when it is over. Knows no connections."""

from __future__ import annotations

import asyncio
from collections import Counter, deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from mailflatrate.wire.smtp.source import MessageSource
from mailflatrate.wire.smtp.types import OutcomeKind, OutgoingMessage, SendOutcome, Stage

# A message whose connection ends before its content is offered to a connection this often, then returned.
MAX_OFFERS = 3


@dataclass(frozen=True, slots=True)
class SendSummary:
    taken: int
    by_kind: Mapping[OutcomeKind, int]


class SendRun:
    def __init__(
        self,
        source: MessageSource,
        on_outcome: Callable[[SendOutcome], None],
        on_data_start: Callable[[int], None] | None,
        may_start: Callable[[int], bool | None] | None = None,
    ) -> None:
        self.source = source
        self.taken = 0
        self.under_way = 0
        self._on_outcome = on_outcome
        self._on_data_start = on_data_start
        self._may_start = may_start
        self._came_back: deque[tuple[OutgoingMessage, SendOutcome]] = deque()
        self._offers: Counter[int] = Counter()
        self._kinds: dict[OutcomeKind, int] = {}
        self._stopped = False
        self._problem: Exception | None = None
        self._over = asyncio.Event()

    @property
    def wants_connections(self) -> bool:
        return not self._stopped and (bool(self._came_back) or not self.source.exhausted)

    def take(self) -> OutgoingMessage | None:
        if self._stopped:
            return None
        if self._came_back:
            message: OutgoingMessage | None = self._came_back.popleft()[0]
        else:
            try:
                message = self.source.take()
            except Exception as problem:  # noqa: BLE001 - the caller's own; raised again by raise_problem()
                self.fail(problem)
                return None
            if message is None:
                self._find_end()
                return None
            self.taken += 1
        self.under_way += 1
        return message

    def may_start(self, delivery_id: int) -> bool | None:
        return True if self._may_start is None else self._may_start(delivery_id)

    def data_start(self, delivery_id: int) -> bool:
        """Return False when the caller's journal raised: then the content must not be sent."""
        if self._on_data_start is not None:
            try:
                self._on_data_start(delivery_id)
            except Exception as problem:  # noqa: BLE001 - the caller's own; raised again by raise_problem()
                self.fail(problem)
                return False
        return True

    def settle(self, message: OutgoingMessage, outcome: SendOutcome) -> bool:
        """Record the end of a message; return True if it was returned and waits for another connection."""
        self.under_way -= 1
        if outcome.kind is OutcomeKind.NOT_SENT and outcome.stage is not Stage.LOCAL and not self._stopped:
            self._offers[message.delivery_id] += 1
            if self._offers[message.delivery_id] < MAX_OFFERS:
                self._came_back.append((message, outcome))
                return True
        self._report(outcome)
        self._find_end()
        return False

    def stop(self) -> None:
        self._stopped = True
        self._find_end()

    def fail(self, problem: Exception) -> None:
        """Take no further messages, and make `wait` raise the first problem once no message is being sent."""
        self._problem = self._problem or problem
        self.stop()

    def hand_back(self, untouched: list[OutgoingMessage]) -> None:
        """Those that were returned, and those that were fetched but never begun."""
        while self._came_back:
            self._report(self._came_back.popleft()[1])
        for message in untouched:
            self.taken += 1
            text = "the sending ended before this message"
            self._report(SendOutcome(message.delivery_id, OutcomeKind.NOT_SENT, Stage.IDLE, 0, None, text, False, ""))

    async def wait(self) -> None:
        await self._over.wait()

    def raise_problem(self) -> None:
        if self._problem is not None:
            raise self._problem

    def summary(self) -> SendSummary:
        return SendSummary(self.taken, MappingProxyType(dict(self._kinds)))

    def _report(self, outcome: SendOutcome) -> None:
        self._kinds[outcome.kind] = self._kinds.get(outcome.kind, 0) + 1
        try:
            self._on_outcome(outcome)
        except Exception as problem:  # noqa: BLE001 - the caller's own; raised again by raise_problem()
            self.fail(problem)

    def _find_end(self) -> None:
        if self.under_way == 0 and (self._stopped or (self.source.exhausted and not self._came_back)):
            self._over.set()
