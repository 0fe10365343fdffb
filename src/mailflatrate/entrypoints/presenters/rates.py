"""Rates with the limits they must stay below."""

from collections.abc import Mapping
from dataclasses import dataclass

from mailflatrate.apps.delivery.models import DeliveryState
from mailflatrate.rules.limits import value as limit


def percent_of(part: int, whole: int) -> float | None:
    """Return a share in percent; None if the whole is 0."""
    return 100 * part / whole if whole else None


def delivered_percent(states: Mapping[str, int]) -> float | None:
    """Return the share of delivered messages from a campaign's numbers by delivery state; None before the first result.

    Recipients that a rule skipped, or that were canceled, got no message, so they don't count. An unknown result does,
    because the message may be lost.
    """
    return percent_of(states.get(DeliveryState.SENT, 0), results_of(states))


def results_of(states: Mapping[str, int]) -> int:
    """Return how many messages were handed over and have a result: the whole of the share of delivered messages."""
    return sum(states.get(state, 0) for state in (DeliveryState.SENT, DeliveryState.BOUNCED, DeliveryState.IN_DOUBT))


LEAST_DIGITS, MOST_DIGITS = 2, 6


def digits_beside(percent: float, limit_percent: float) -> int:
    """Return with how many digits a share shows on which side of its limit it is: 0.1042% beside a limit of 0.10%."""
    for digits in range(LEAST_DIGITS, MOST_DIGITS):
        shown, most = round(percent, digits), round(limit_percent, LEAST_DIGITS)
        if (shown > most, shown < most) == (percent > limit_percent, percent < limit_percent):
            return digits
    return MOST_DIGITS


@dataclass(frozen=True, slots=True)
class Rate:
    """A percentage with the limit it must stay below; `percent` is None if there is nothing to measure yet."""

    events: int
    of: int
    warn_percent: float
    limit_percent: float

    @property
    def percent(self) -> float | None:
        """Return the share in percent; None if there is nothing to measure yet."""
        return percent_of(self.events, self.of)

    @property
    def digits(self) -> int:
        """Return with how many digits the share is shown."""
        return LEAST_DIGITS if self.percent is None else digits_beside(self.percent, self.limit_percent)

    @property
    def too_few(self) -> bool:
        """Return whether the rate is over its limit with fewer events than a rate requires (R-85)."""
        return self.events < limit("rate_sample_events") and (self.percent or 0) > self.limit_percent

    @property
    def tone(self) -> str:
        """Return the tone: colored only near or above the limit, because single events of a small campaign say nothing
        (R-85).
        """
        share = self.percent
        if share is None:
            return ""
        if self.events < limit("rate_sample_events"):
            says_something = self.events > 0 and self.of >= limit("rate_sample_delivered")
            return "warning" if says_something and share >= self.warn_percent else ""
        if share > self.limit_percent:
            return "error"
        return "warning" if share >= self.warn_percent else ""


def complaint_rate(events: int, delivered: int) -> Rate:
    """Return complaints relative to delivered messages (R-84, R-86)."""
    return Rate(events, delivered, limit("complaint_warn"), limit("complaint_throttle"))


def bounce_rate(events: int, handed_over: int) -> Rate:
    """Return hard bounces relative to messages handed over (R-88)."""
    most = limit("hard_bounce_warn")
    return Rate(events, handed_over, 0.75 * most, most)
