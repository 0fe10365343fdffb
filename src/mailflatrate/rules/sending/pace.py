"""How a campaign with a speed limit is spread over time: in turns of a minute, each with its share of messages.

A turn is never shorter than a minute, so that a share is a batch and not a single message. If the limit allows less
than one message a minute, a turn lasts as long as one message takes at that limit. Shares are rounded down, because the
number is a limit and not a target.
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
