"""Relay response times: from a message's first octet to its reply, for every 16th message."""

from collections.abc import Callable
from time import perf_counter
from typing import Final

from mailflatrate.base.metrics.names import RELAY_SECONDS
from mailflatrate.wire.smtp_types import OutcomeKind, SendOutcome

_NOT_SAMPLED: Final = 15
"""Bits of a delivery's id that are all zero in a sample: a histogram for every message would cost a percent of it."""


class RelayTimes:
    """Listener between the relay and the code that records starts and outcomes; it measures response times."""

    def __init__(self, relay: str, on_start: Callable[[int], None], on_outcome: Callable[[SendOutcome], None]) -> None:
        self._histogram = RELAY_SECONDS.labels(relay)
        self._on_start, self._on_outcome = on_start, on_outcome
        self._began: dict[int, float] = {}

    def started(self, delivery_id: int) -> None:
        """Note the start time, then pass the event on."""
        if not delivery_id & _NOT_SAMPLED:
            self._began[delivery_id] = perf_counter()
        self._on_start(delivery_id)

    def ended(self, outcome: SendOutcome) -> None:
        """Record the time it took, then pass the event on."""
        if not outcome.delivery_id & _NOT_SAMPLED:
            began = self._began.pop(outcome.delivery_id, None)
            if began is not None and outcome.kind is not OutcomeKind.NOT_SENT:
                self._histogram.observe(perf_counter() - began)
        self._on_outcome(outcome)
