"""How a campaign that its sender wants to go slowly is spread over time: turns of a minute, each with its share.

A turn is never shorter than a minute, so that a share is a batch and not a single message; if the share would be
less than one message, the turn is as long as one message may take. Shares are rounded down: the number is a limit,
not an aim.
"""

from dataclasses import dataclass

HOUR_SECONDS = 3600
TURN_SECONDS = 60
LEAST_PER_HOUR, MOST_PER_HOUR = 10, 1_000_000


@dataclass(frozen=True, slots=True)
class Pace:
    """At most `per_turn` messages start in each turn, and turns start at least `turn_seconds` apart."""

    per_turn: int
    turn_seconds: int

    def seconds_for(self, messages: int) -> int:
        """Return how long after the start of the first turn the last one starts."""
        turns = -(-messages // self.per_turn)
        return max(0, turns - 1) * self.turn_seconds


def pace_for(per_hour: int) -> Pace:
    """Return the turns for a limit of messages an hour. Raises ValueError below one."""
    if per_hour < 1:
        raise ValueError("a campaign that sends nothing never finishes")
    seconds = max(TURN_SECONDS, -(-HOUR_SECONDS // per_hour))
    return Pace(per_hour * seconds // HOUR_SECONDS, seconds)
