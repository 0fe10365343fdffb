"""Which variant the remaining recipients get. The rule is announced before sending: the greatest share of clicks wins;
with too few clicks or a tie, the first. A variant that makes people unsubscribe cannot win (R-89). Opens decide
nothing: machines open, too (R-110).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from math import sqrt

from mailflatrate.rules.limits import value

LEAST_CLICKS = 20
"""Fewer clicks than this, of all variants together, say nothing."""
LEAST_READERS = 1
"""A variant that fewer people than this get tests nothing."""
VARIANT_LETTERS = "ABCD"
MOST_VARIANTS = len(VARIANT_LETTERS)
SHARES = (1, 2, 5, 10, 15, 20, 25, 33, 50)
"""Percentages of the audience that a variant may get."""
LONGEST_TEST_HOURS = 72
CLICKS_OF_ONE = 2.0
"""Clicks are counted and not people: some click more than once, which makes chance look larger than it is."""
CLEAR, LIKELY = 2.58, 1.64


@dataclass(frozen=True, slots=True)
class VariantFigures:
    variant: int
    delivered: int
    clicks: int
    unsubscribed: int

    @property
    def click_percent(self) -> float:
        return 100 * self.clicks / self.delivered if self.delivered else 0.0

    @property
    def unsubscribed_percent(self) -> float:
        return 100 * self.unsubscribed / self.delivered if self.delivered else 0.0

    @property
    def is_left(self) -> bool:
        return self.unsubscribed >= value("rate_sample_events") and self.unsubscribed_percent > value(
            "unsubscribe_stop"
        )


class ChoiceBasis(Enum):
    CLICKS = "clicks"
    TIE = "tie"
    TOO_FEW = "too_few"
    PERSON = "person"
    BRAKE = "brake"  # nothing is chosen: people leave over every variant


@dataclass(frozen=True, slots=True)
class WinnerChoice:
    variant: int
    why: ChoiceBasis


def choose(arms: Sequence[VariantFigures]) -> WinnerChoice | None:
    """Return None if every variant makes people unsubscribe, so that a person must decide."""
    possible = [arm for arm in arms if not arm.is_left]
    if not possible:
        return None
    first = possible[0].variant
    if len(possible) > 1 and sum(arm.clicks for arm in arms) < LEAST_CLICKS:
        return WinnerChoice(first, ChoiceBasis.TOO_FEW)
    best = sorted(possible, key=lambda arm: (-arm.click_percent, arm.variant))
    if len(best) > 1 and best[0].click_percent == best[1].click_percent:
        return WinnerChoice(best[0].variant, ChoiceBasis.TIE)
    return WinnerChoice(best[0].variant, ChoiceBasis.CLICKS)


class Certainty(Enum):
    CLEAR = "clear"
    LIKELY = "likely"
    CHANCE = "chance"


def certainty(arms: Sequence[VariantFigures]) -> Certainty:
    best = sorted((arm for arm in arms if arm.delivered), key=lambda arm: -arm.click_percent)[:2]
    if len(best) < 2 or sum(arm.clicks for arm in best) < LEAST_CLICKS:
        return Certainty.CHANCE
    rate = sum(arm.clicks for arm in best) / sum(arm.delivered for arm in best)
    spread = sqrt(CLICKS_OF_ONE * rate * sum(1 / arm.delivered for arm in best))
    lead = (best[0].click_percent - best[1].click_percent) / 100 / spread
    return Certainty.CLEAR if lead >= CLEAR else Certainty.LIKELY if lead >= LIKELY else Certainty.CHANCE
