"""A speed limit as turns of at least a minute, so that a share is a batch and not a single message; below one message a
minute, a turn lasts as long as a message takes. Shares are rounded down: the number is a limit, not a target.
"""

from dataclasses import dataclass

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
