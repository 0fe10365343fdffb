"""What figures require (R-85 to R-89): counts in, actions out, of which the strongest includes the weaker ones. No
single report changes anything (R-85, R-87): below three events there is at most a warning, and a small sample counts
only if it can hardly be chance (ADR 0015). A recent account also has ceilings, at any rate.
"""

from dataclasses import dataclass
from enum import Enum, IntEnum, StrEnum
from math import comb
from typing import Final

from mailflatrate.rules.limits import value


class MeasureLevel(IntEnum):
    WARN = 1  # the customer is told
    THROTTLE = 2  # fewer messages a day, and a reviewer checks
    PAUSE_LANE = 3  # this campaign's lane for one provider waits for a reviewer
    PAUSE_CAMPAIGN = 4  # this campaign waits for a reviewer
    PAUSE_ACCOUNT = 5  # all campaigns wait for a reviewer
    SUSPEND = 6  # nothing is sent, and a strike is given


class ThresholdCause(Enum):
    COMPLAINTS = "complaints"
    HARD_BOUNCES = "hard_bounces"
    PROVIDER_BOUNCES = "provider_bounces"
    PROVIDER_COMPLAINTS = "provider_complaints"
    PROVIDER_REFUSALS = "provider_refusals"
    UNSUBSCRIBES = "unsubscribes"
    NEW_COMPLAINTS = "new_complaints"
    NEW_HARD_BOUNCES = "new_hard_bounces"

    @property
    def is_ceiling(self) -> bool:
        return self in (ThresholdCause.NEW_COMPLAINTS, ThresholdCause.NEW_HARD_BOUNCES)


class FigureScope(StrEnum):
    CAMPAIGN = "mailing"
    DAY = "day"
    WEEK = "week"


@dataclass(frozen=True, slots=True)
class Counts:
    """Of distinct recipients. `settled` have a result; `reporting` were delivered at providers that report complaints;
    `refused` were rejected because of the sender (R-70).
    """

    settled: int = 0
    delivered: int = 0
    reporting: int = 0
    hard: int = 0
    complaints: int = 0
    unsubscribed: int = 0
    refused: int = 0


@dataclass(frozen=True, slots=True)
class RequiredMeasure:
    """`limit` is in percent; for a ceiling a number of events, and 0 if the first few reports alone decided."""

    cause: ThresholdCause
    level: MeasureLevel
    rule: str
    events: int
    base: int
    limit: float
    provider: str = ""

    @property
    def percent(self) -> float:
        return share(self.events, self.base)


def share(events: int, base: int) -> float:
    return 100 * events / base if base else 0.0


def judge(counts: Counts, scope: FigureScope) -> tuple[RequiredMeasure, ...]:
    """Return the strongest action for each cause, or none. A campaign's own limits are those of R-86, R-88 and R-89."""
    needs = [_complaints(counts, scope), _hard_bounces(counts, scope)]
    if scope is FigureScope.CAMPAIGN:
        needs.append(_unsubscribes(counts))
    return tuple(need for need in needs if need is not None)


def judge_new_account(counts: Counts, scope: FigureScope) -> tuple[RequiredMeasure, ...]:
    """Apply the ceilings that a new account may not reach within a day or seven days, whatever its rates."""
    if scope is FigureScope.CAMPAIGN:
        return ()
    ceilings = (
        (ThresholdCause.NEW_COMPLAINTS, "R-86", counts.complaints, counts.reporting),
        (ThresholdCause.NEW_HARD_BOUNCES, "R-88", counts.hard, counts.settled),
    )
    needs = []
    for cause, rule, events, base in ceilings:
        for level, ending in ((MeasureLevel.PAUSE_ACCOUNT, "pause"), (MeasureLevel.WARN, "warn")):
            ceiling = value(f"{cause.value}_{scope.value}_{ending}")
            if events >= ceiling:
                needs.append(RequiredMeasure(cause, level, rule, events, base, ceiling))
                break
    return tuple(needs)


def judge_provider(provider: str, counts: Counts) -> tuple[RequiredMeasure, ...]:
    """Unknown users (R-88), complaints (R-86), or refusals because of the sender (R-70) pause a provider's lane."""
    hard, complained, refused = (
        share(counts.hard, counts.settled),
        share(counts.complaints, counts.reporting),
        share(counts.refused, counts.settled),
    )
    unknown_limit, complaint_limit, refused_limit = map(value, _PROVIDER_LIMITS)
    limits = (
        (hard > unknown_limit, ThresholdCause.PROVIDER_BOUNCES, "R-88", counts.hard, counts.settled, unknown_limit),
        (
            complained >= complaint_limit,
            ThresholdCause.PROVIDER_COMPLAINTS,
            "R-86",
            counts.complaints,
            counts.reporting,
            complaint_limit,
        ),
        (
            refused > refused_limit,
            ThresholdCause.PROVIDER_REFUSALS,
            "R-70",
            counts.refused,
            counts.settled,
            refused_limit,
        ),
    )
    return tuple(
        RequiredMeasure(cause, MeasureLevel.PAUSE_LANE, rule, events, base, limit, provider)
        for crossed, cause, rule, events, base, limit in limits
        if crossed and events >= value("rate_sample_events") and base >= value("rate_sample_delivered")
    )


_RATE_LIMITS: Final = {
    ThresholdCause.COMPLAINTS: ("complaint_warn", "complaint_throttle", "complaint_pause", "complaint_suspend"),
    ThresholdCause.HARD_BOUNCES: ("hard_bounce_warn", "hard_bounce_pause", "hard_bounce_suspend"),
    ThresholdCause.UNSUBSCRIBES: ("unsubscribe_stop",),
}


def rate_limits(cause: ThresholdCause) -> tuple[float, ...]:
    """Return the limits beside which a rate is written, so that rounding hides none of them (R-86, R-88, R-89)."""
    return tuple(value(name) for name in _RATE_LIMITS.get(cause, ()))


_PROVIDER_LIMITS = ("provider_unknown_pause", "complaint_pause", "provider_refused_pause")


def _complaints(counts: Counts, scope: FigureScope) -> RequiredMeasure | None:
    events, base = counts.complaints, counts.reporting
    rate, enough = share(events, base), events >= value("rate_sample_events")

    def need(level: MeasureLevel, limit: float) -> RequiredMeasure:
        return RequiredMeasure(ThresholdCause.COMPLAINTS, level, "R-86", events, base, limit)

    if scope is FigureScope.CAMPAIGN and _at_the_start(counts):
        return need(MeasureLevel.SUSPEND, 0)
    if not enough:
        sample = base >= value("rate_sample_delivered")
        return need(MeasureLevel.WARN, value("complaint_warn")) if sample and rate >= value("complaint_warn") else None
    for level, key in (
        (MeasureLevel.SUSPEND, "complaint_suspend"),
        (MeasureLevel.PAUSE_ACCOUNT, "complaint_pause"),
        (MeasureLevel.THROTTLE, "complaint_throttle"),
        (MeasureLevel.WARN, "complaint_warn"),
    ):
        if rate >= value(key) and (level is MeasureLevel.WARN or _is_beyond_chance(events, base, value(key))):
            return need(level, value(key))
    return None


def _is_beyond_chance(events: int, base: int, line: float) -> bool:
    """Would a sender right at the limit hardly get this many? One or two invented complaints must not decide (R-87)."""
    return events >= value("complaint_plain_events") or is_hardly_chance(events, base, line)


def _at_the_start(counts: Counts) -> bool:
    return counts.complaints >= value("complaint_suspend_events") and counts.delivered <= value(
        "complaint_suspend_window"
    )


def _hard_bounces(counts: Counts, scope: FigureScope) -> RequiredMeasure | None:
    events, base = counts.hard, counts.settled
    rate = share(events, base)
    if events < value("rate_sample_events"):
        return None

    def need(level: MeasureLevel, limit: float) -> RequiredMeasure:
        return RequiredMeasure(ThresholdCause.HARD_BOUNCES, level, "R-88", events, base, limit)

    large = base >= value("rate_sample_delivered")
    if large and rate > value("hard_bounce_suspend"):
        return need(MeasureLevel.SUSPEND, value("hard_bounce_suspend"))
    line = value("hard_bounce_pause")
    sure = share(events, max(base, int(value("rate_sample_delivered")))) > line
    over = sure or (rate > line and is_hardly_chance(events, base, line))
    if scope is FigureScope.CAMPAIGN and over:
        return need(MeasureLevel.PAUSE_CAMPAIGN, line)
    if large and rate > value("hard_bounce_warn"):
        return need(MeasureLevel.WARN, value("hard_bounce_warn"))
    return None


def is_hardly_chance(events: int, base: int, percent: float) -> bool:
    """At a true rate of `percent` (binomial), compared with `rate_sample_chance` (R-85, ADR 0015)."""
    share_of = percent / 100
    fewer = sum(comb(base, n) * share_of**n * (1 - share_of) ** (base - n) for n in range(events))
    return 100 * (1 - fewer) <= value("rate_sample_chance")


def _unsubscribes(counts: Counts) -> RequiredMeasure | None:
    limit = value("unsubscribe_stop")
    enough = counts.unsubscribed >= value("rate_sample_events") and counts.delivered >= value("rate_sample_delivered")
    if enough and share(counts.unsubscribed, counts.delivered) > limit:
        return RequiredMeasure(
            ThresholdCause.UNSUBSCRIBES,
            MeasureLevel.PAUSE_CAMPAIGN,
            "R-89",
            counts.unsubscribed,
            counts.delivered,
            limit,
        )
    return None
