"""Relay response times: from first byte to reply, of every 16th message."""

from collections.abc import Callable
from time import perf_counter
from typing import Final

from mailflatrate.base.metrics.names import RELAY_SECONDS
from mailflatrate.wire.smtp.types import OutcomeKind, SendOutcome

_NOT_SAMPLED: Final = 15
"""Bits of a delivery's id, all zero in a sample: measuring every message would cost a percent of it."""


class RelayTimes:
    def __init__(self, relay: str, on_start: Callable[[int], None], on_outcome: Callable[[SendOutcome], None]) -> None:
        self._histogram = RELAY_SECONDS.labels(relay)
        self._on_start, self._on_outcome = on_start, on_outcome
        self._began: dict[int, float] = {}

    def started(self, delivery_id: int) -> None:
        if not delivery_id & _NOT_SAMPLED:
            self._began[delivery_id] = perf_counter()
        self._on_start(delivery_id)

    def ended(self, outcome: SendOutcome) -> None:
        if not outcome.delivery_id & _NOT_SAMPLED:
            began = self._began.pop(outcome.delivery_id, None)
            if began is not None and outcome.kind is not OutcomeKind.NOT_SENT:
                self._histogram.observe(perf_counter() - began)
        self._on_outcome(outcome)
