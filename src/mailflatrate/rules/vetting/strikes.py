"""R-08: the strike ladder.

A strike expires automatically; a measure that it led to does not end automatically (R-90).
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from enum import Enum

from mailflatrate.rules import limits


class StrikeMeasure(Enum):
    """The consequence of an account's strikes."""

    NONE = "none"
    SUSPEND = "suspend"
    CLOSE = "close"


def strike_ends(given_at: datetime) -> datetime:
    """Return when a strike given at `given_at` stops counting; aware."""
    return given_at + timedelta(days=limits.value("strike_days"))


def active_strikes(given_at: Iterable[datetime], now: datetime) -> int:
    """Return how many strikes count at `now`."""
    return sum(given <= now < strike_ends(given) for given in given_at)


def measure(given_at: Iterable[datetime], earlier_suspensions: int, now: datetime) -> StrikeMeasure:
    """Return SUSPEND for three strikes within six months, CLOSE if strikes have suspended the account before.

    `earlier_suspensions` counts suspensions that strikes led to. A strike that led to one no longer counts, so
    `given_at` holds only the strikes since then.
    """
    if active_strikes(given_at, now) < limits.value("strikes_to_suspend"):
        return StrikeMeasure.NONE
    return StrikeMeasure.CLOSE if earlier_suspensions else StrikeMeasure.SUSPEND
