"""When a webhook is tried again, and when it is given up."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from statistics import median
from typing import Final

PAUSES: Final = tuple(
    timedelta(seconds=seconds) for seconds in (5, 60, 300, 1800, 2 * 3600, 5 * 3600, 8 * 3600, 8 * 3600)
)
"""Before each further attempt at one event: they add up to less than 24 hours."""
ENDPOINT_PAUSES: Final = tuple(timedelta(seconds=seconds) for seconds in (2, 5, 15, 60, 300, 900, 1800, 3600))
"""Before an endpoint that takes nothing is tried again; the last one is repeated."""
GIVES_UP_AFTER: Final = timedelta(days=5)
"""Without a single success, an endpoint is switched off."""
GONE: Final = 410
SLOW_SECONDS: Final = 1.0
SLOW_AT_ONCE: Final = 2
"""So many slow endpoints are called at a time, of all customers, so that the others are served beside them."""
_BUSY: Final = (408, 429)
_CLIENT_ERRORS: Final = range(400, 500)
_SUCCESS: Final = range(200, 300)


def is_slow(seconds: Sequence[float]) -> bool:
    return bool(seconds) and median(seconds) > SLOW_SECONDS


def is_taken(status: int | None) -> bool:
    """Return True if the response means that the endpoint accepted the event. A redirect doesn't."""
    return status in _SUCCESS


def is_refusal(status: int | None) -> bool:
    """Return True if the response refuses only this event: the endpoint works, so other events may follow."""
    return status in _CLIENT_ERRORS and status not in _BUSY


def next_attempt(attempts: int, now: datetime) -> datetime | None:
    return now + PAUSES[attempts - 1] if attempts <= len(PAUSES) else None


def endpoint_pause(failures: int) -> timedelta:
    return ENDPOINT_PAUSES[min(failures, len(ENDPOINT_PAUSES)) - 1]
