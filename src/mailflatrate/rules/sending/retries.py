"""When a deferred message is tried again (R-72): never at once, at growing intervals, and not forever."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from mailflatrate.rules.limits import value


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
