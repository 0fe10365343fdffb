"""Rates with the limits they must stay below."""

from collections.abc import Mapping
from dataclasses import dataclass

from mailflatrate.apps.delivery.models import DeliveryState
from mailflatrate.entrypoints.presenters.language import reading_language
from mailflatrate.locale.formats import written_rate
from mailflatrate.rules.feedback.measures import ThresholdCause, rate_limits
from mailflatrate.rules.limits import value as limit


def percent_of(part: int, whole: int) -> float | None:
    return 100 * part / whole if whole else None


def delivered_percent(states: Mapping[str, int]) -> float | None:
    """None before the first result. Skipped and canceled recipients don't count; unknown results, maybe lost, do."""
    return percent_of(states.get(DeliveryState.SENT, 0), results_of(states))


def results_of(states: Mapping[str, int]) -> int:
    return sum(states.get(state, 0) for state in (DeliveryState.SENT, DeliveryState.BOUNCED, DeliveryState.IN_DOUBT))


@dataclass(frozen=True, slots=True)
class Rate:
    """A percentage with the limit it must stay below; `percent` is None if there is nothing to measure yet."""

    cause: ThresholdCause
    events: int
    of: int
    warn_percent: float
    limit_percent: float

    @property
    def percent(self) -> float | None:
        return percent_of(self.events, self.of)

    @property
    def text(self) -> str:
        return written_rate(self.percent, reading_language(), *rate_limits(self.cause))

    @property
    def limit_text(self) -> str:
        return written_rate(self.limit_percent, reading_language(), self.limit_percent)

    @property
    def too_few(self) -> bool:
        """Return whether the rate is over its limit with fewer events than a rate requires (R-85)."""
        return self.events < limit("rate_sample_events") and (self.percent or 0) > self.limit_percent

    @property
    def tone(self) -> str:
        """Return a color only near or above the limit: single events of a small campaign say nothing (R-85)."""
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
    return Rate(ThresholdCause.COMPLAINTS, events, delivered, limit("complaint_warn"), limit("complaint_throttle"))


def bounce_rate(events: int, handed_over: int) -> Rate:
    """Return hard bounces relative to messages handed over (R-88)."""
    most = limit("hard_bounce_warn")
    return Rate(ThresholdCause.HARD_BOUNCES, events, handed_over, 0.75 * most, most)
