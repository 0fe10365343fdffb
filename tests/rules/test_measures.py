"""What figures call for: every line of R-86, R-88 and R-89 from both sides, and that little never acts."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailflatrate.rules.feedback.measures import (
    Counts,
    FigureScope,
    MeasureLevel,
    ThresholdCause,
    judge,
    judge_new_account,
    judge_provider,
)
from mailflatrate.rules.sending.providers import OTHER, PROVIDERS, provider_of


def level(counts: Counts, cause: ThresholdCause, scope: FigureScope = FigureScope.CAMPAIGN) -> MeasureLevel | None:
    return next((need.level for need in judge(counts, scope) if need.cause is cause), None)


@pytest.mark.parametrize(
    ("complaints", "reporting", "found"),
    [
        (4, 10_000, None),
        (5, 10_000, MeasureLevel.WARN),
        (9, 10_000, MeasureLevel.WARN),
        (10, 10_000, MeasureLevel.THROTTLE),
        (20, 10_000, MeasureLevel.PAUSE_ACCOUNT),
        (29, 10_000, MeasureLevel.PAUSE_ACCOUNT),
        (30, 10_000, MeasureLevel.SUSPEND),
        (3, 100, MeasureLevel.SUSPEND),
    ],
)
def test_complaints(complaints: int, reporting: int, found: MeasureLevel | None) -> None:
    counts = Counts(settled=20_000, delivered=20_000, reporting=reporting, complaints=complaints)
    for scope in FigureScope:
        assert level(counts, ThresholdCause.COMPLAINTS, scope) is found


@pytest.mark.parametrize(
    ("complaints", "reporting", "found"),
    [
        (3, 1500, MeasureLevel.WARN),
        (4, 1921, MeasureLevel.WARN),
        (4, 1000, MeasureLevel.THROTTLE),
        (5, 1000, MeasureLevel.PAUSE_ACCOUNT),
        (8, 1000, MeasureLevel.SUSPEND),
        (9, 4400, MeasureLevel.THROTTLE),
        (10, 4400, MeasureLevel.PAUSE_ACCOUNT),
    ],
)
def test_few_complaints_act_beyond_chance_only(complaints: int, reporting: int, found: MeasureLevel) -> None:
    """R-87, ADR 0015: two made-up complaints besides two genuine ones of 1,921 pause nobody."""
    counts = Counts(settled=20_000, delivered=20_000, reporting=reporting, complaints=complaints)
    assert level(counts, ThresholdCause.COMPLAINTS, FigureScope.WEEK) is found


def test_five_reports_in_the_first_thousand_stop_a_mailing() -> None:
    early = Counts(settled=1000, delivered=1000, reporting=100_000, complaints=5)
    assert level(early, ThresholdCause.COMPLAINTS) is MeasureLevel.SUSPEND
    assert level(early, ThresholdCause.COMPLAINTS, FigureScope.WEEK) is None
    assert (
        level(Counts(settled=1001, delivered=1001, reporting=100_000, complaints=5), ThresholdCause.COMPLAINTS) is None
    )


@given(st.integers(0, 2), st.integers(0, 1_000_000), st.integers(0, 1_000_000))
def test_fewer_than_three_reports_change_nothing(complaints: int, delivered: int, reporting: int) -> None:
    """R-87: neither one forged report nor one genuine report does more than warn."""
    counts = Counts(settled=delivered, delivered=delivered, reporting=reporting, complaints=complaints)
    for scope in FigureScope:
        assert level(counts, ThresholdCause.COMPLAINTS, scope) in (None, MeasureLevel.WARN)


@pytest.mark.parametrize(
    ("hard", "settled", "of_campaign", "of_week"),
    [
        (2, 10, None, None),
        (3, 10, MeasureLevel.PAUSE_CAMPAIGN, None),
        (3, 55, MeasureLevel.PAUSE_CAMPAIGN, None),
        (3, 56, None, None),
        (3, 149, None, None),
        (4, 87, MeasureLevel.PAUSE_CAMPAIGN, None),
        (4, 88, None, None),
        (4, 199, None, None),
        (5, 199, MeasureLevel.PAUSE_CAMPAIGN, None),
        (4, 200, MeasureLevel.WARN, MeasureLevel.WARN),
        (5, 200, MeasureLevel.PAUSE_CAMPAIGN, MeasureLevel.WARN),
        (100, 10_000, None, None),
        (101, 10_000, MeasureLevel.WARN, MeasureLevel.WARN),
        (200, 10_000, MeasureLevel.WARN, MeasureLevel.WARN),
        (201, 10_000, MeasureLevel.PAUSE_CAMPAIGN, MeasureLevel.WARN),
        (500, 10_000, MeasureLevel.PAUSE_CAMPAIGN, MeasureLevel.WARN),
        (501, 10_000, MeasureLevel.SUSPEND, MeasureLevel.SUSPEND),
        (30, 500, MeasureLevel.SUSPEND, MeasureLevel.SUSPEND),
    ],
)
def test_hard_bounces(hard: int, settled: int, of_campaign: MeasureLevel | None, of_week: MeasureLevel | None) -> None:
    counts = Counts(settled=settled, delivered=settled - hard, hard=hard)
    assert level(counts, ThresholdCause.HARD_BOUNCES) is of_campaign
    assert level(counts, ThresholdCause.HARD_BOUNCES, FigureScope.WEEK) is of_week


@pytest.mark.parametrize(
    ("counts", "scope", "found"),
    [
        (Counts(complaints=2, hard=9), FigureScope.DAY, {}),
        (
            Counts(complaints=3, hard=10),
            FigureScope.DAY,
            {"new_complaints": MeasureLevel.WARN, "new_hard_bounces": MeasureLevel.WARN},
        ),
        (
            Counts(complaints=6, hard=24),
            FigureScope.DAY,
            {"new_complaints": MeasureLevel.WARN, "new_hard_bounces": MeasureLevel.WARN},
        ),
        (Counts(complaints=7), FigureScope.DAY, {"new_complaints": MeasureLevel.PAUSE_ACCOUNT}),
        (Counts(hard=25), FigureScope.DAY, {"new_hard_bounces": MeasureLevel.PAUSE_ACCOUNT}),
        (Counts(complaints=9, hard=24), FigureScope.WEEK, {}),
        (
            Counts(complaints=10, hard=25),
            FigureScope.WEEK,
            {"new_complaints": MeasureLevel.WARN, "new_hard_bounces": MeasureLevel.WARN},
        ),
        (Counts(complaints=20), FigureScope.WEEK, {"new_complaints": MeasureLevel.PAUSE_ACCOUNT}),
        (Counts(hard=50), FigureScope.WEEK, {"new_hard_bounces": MeasureLevel.PAUSE_ACCOUNT}),
        (Counts(complaints=100, hard=1000), FigureScope.CAMPAIGN, {}),
    ],
)
def test_a_new_account_has_ceilings(counts: Counts, scope: FigureScope, found: dict[str, MeasureLevel]) -> None:
    """Numbers, not rates: a million good addresses do not make up for them."""
    counts = replace(counts, settled=1_000_000, delivered=1_000_000, reporting=1_000_000)
    assert {need.cause.value: need.level for need in judge_new_account(counts, scope)} == found


@pytest.mark.parametrize(
    ("left", "delivered", "found"), [(20, 1000, None), (21, 1000, MeasureLevel.PAUSE_CAMPAIGN), (5, 100, None)]
)
def test_unsubscribes(left: int, delivered: int, found: MeasureLevel | None) -> None:
    counts = Counts(settled=delivered, delivered=delivered, unsubscribed=left)
    assert level(counts, ThresholdCause.UNSUBSCRIBES) is found
    assert level(counts, ThresholdCause.UNSUBSCRIBES, FigureScope.DAY) is None


@pytest.mark.parametrize(
    ("counts", "cause"),
    [
        (Counts(settled=1000, hard=51), ThresholdCause.PROVIDER_BOUNCES),
        (Counts(settled=1000, hard=50), None),
        (Counts(settled=199, hard=100), None),
        (Counts(settled=5000, delivered=5000, reporting=2000, complaints=4), ThresholdCause.PROVIDER_COMPLAINTS),
        (Counts(settled=5000, delivered=5000, reporting=2000, complaints=3), None),
        (Counts(settled=400, delivered=400, reporting=400, complaints=2), None),
        (Counts(settled=1000, refused=51), ThresholdCause.PROVIDER_REFUSALS),
        (Counts(settled=1000, refused=50), None),
    ],
)
def test_one_provider_alone(counts: Counts, cause: ThresholdCause | None) -> None:
    """R-70, R-86, R-88: its lane waits, and nothing else; two events never do it (R-87)."""
    found = judge_provider("yahoo", counts)
    assert [need.cause for need in found] == ([cause] if cause else [])
    assert all(need.level is MeasureLevel.PAUSE_LANE and need.provider == "yahoo" for need in found)


def test_each_domain_belongs_to_one_provider() -> None:
    domains = [domain for provider in PROVIDERS for domain in provider.domains]
    assert len(domains) == len(set(domains))
    assert provider_of("GMX.de") == "united_internet"
    assert provider_of("lindenhof.example") == OTHER
