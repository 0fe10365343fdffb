"""A speed limit as turns of at least a minute, so that a share is a batch and not a single message; below one message a
minute, a turn lasts as long as a message takes. Shares are rounded down: the number is a limit, not a target. A
deferred message is tried again at growing intervals, never at once and not forever (R-72).
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from mailflatrate.rules.limits import value

HOUR_SECONDS = 3600
TURN_SECONDS = 60
LEAST_PER_HOUR, MOST_PER_HOUR = 10, 1_000_000


@dataclass(frozen=True, slots=True)
class Pace:
    per_turn: int
    turn_seconds: int

    def seconds_for(self, messages: int) -> int:
        turns = -(-messages // self.per_turn)
        return max(0, turns - 1) * self.turn_seconds


def pace_for(per_hour: int) -> Pace:
    """Return the turns for a limit of messages an hour. Raises ValueError below one."""
    if per_hour < 1:
        raise ValueError("a campaign that sends nothing never finishes")
    seconds = max(TURN_SECONDS, -(-HOUR_SECONDS // per_hour))
    return Pace(per_hour * seconds // HOUR_SECONDS, seconds)


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """Each pause is `factor` times the one before, up to `longest_minutes`; a message is given up `give_up_hours` after
    its first attempt, a confirmation when its link expires. Raises ValueError if the pauses would not grow.
    """

    first_minutes: float = value("retry_first_minutes")
    factor: float = 2.0
    longest_minutes: float = 8 * 60
    give_up_hours: float = value("retry_give_up_hours")

    def __post_init__(self) -> None:
        if self.first_minutes <= 0 or self.factor < 1 or self.longest_minutes < self.first_minutes:
            raise ValueError("pauses have to be positive and to grow")


CAMPAIGN_RETRIES = RetryPolicy()


def next_attempt(
    attempt_no: int, first_at: datetime, now: datetime, policy: RetryPolicy = CAMPAIGN_RETRIES
) -> datetime | None:
    """Attempts count from 1; None to give up. The last one is at the very end of the period, so that it reaches a
    mailbox that works again by then.
    """
    end = first_at + timedelta(hours=policy.give_up_hours)
    if now >= end:
        return None
    # The exponent is capped because a float overflows long before a message has that many attempts.
    pause = min(policy.first_minutes * policy.factor ** min(attempt_no - 1, 64), policy.longest_minutes)
    return min(now + timedelta(minutes=pause), end)
