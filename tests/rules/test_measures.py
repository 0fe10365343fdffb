"""What figures call for: every line of R-86, R-88 and R-89 from both sides, and that little never acts."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailflatrate.rules.measures import Cause, Counts, Level, Scope, judge, judge_new_account, judge_provider
from mailflatrate.rules.providers import OTHER, PROVIDERS, provider_of


def level(counts: Counts, cause: Cause, scope: Scope = Scope.MAILING) -> Level | None:
    return next((need.level for need in judge(counts, scope) if need.cause is cause), None)


@pytest.mark.parametrize(
    ("complaints", "reporting", "found"),
    [
        (4, 10_000, None),
        (5, 10_000, Level.WARN),
        (9, 10_000, Level.WARN),
        (10, 10_000, Level.THROTTLE),
        (20, 10_000, Level.PAUSE_ACCOUNT),
        (29, 10_000, Level.PAUSE_ACCOUNT),
        (30, 10_000, Level.SUSPEND),
        (3, 100, Level.SUSPEND),
    ],
)
def test_complaints(complaints: int, reporting: int, found: Level | None) -> None:
    counts = Counts(settled=20_000, delivered=20_000, reporting=reporting, complaints=complaints)
    for scope in Scope:
        assert level(counts, Cause.COMPLAINTS, scope) is found


@pytest.mark.parametrize(
    ("complaints", "reporting", "found"),
    [
        (3, 1500, Level.WARN),
        (4, 1921, Level.WARN),
        (4, 1000, Level.THROTTLE),
        (5, 1000, Level.PAUSE_ACCOUNT),
        (8, 1000, Level.SUSPEND),
        (9, 4400, Level.THROTTLE),
        (10, 4400, Level.PAUSE_ACCOUNT),
    ],
)
def test_few_complaints_act_beyond_chance_only(complaints: int, reporting: int, found: Level) -> None:
    """R-87, ADR 0015: two made-up complaints besides two genuine ones of 1,921 pause nobody."""
    counts = Counts(settled=20_000, delivered=20_000, reporting=reporting, complaints=complaints)
    assert level(counts, Cause.COMPLAINTS, Scope.WEEK) is found


def test_five_reports_in_the_first_thousand_stop_a_mailing() -> None:
    early = Counts(settled=1000, delivered=1000, reporting=100_000, complaints=5)
    assert level(early, Cause.COMPLAINTS) is Level.SUSPEND
    assert level(early, Cause.COMPLAINTS, Scope.WEEK) is None
    assert level(Counts(settled=1001, delivered=1001, reporting=100_000, complaints=5), Cause.COMPLAINTS) is None


@given(st.integers(0, 2), st.integers(0, 1_000_000), st.integers(0, 1_000_000))
def test_fewer_than_three_reports_change_nothing(complaints: int, delivered: int, reporting: int) -> None:
    """R-87: neither one forged report nor one genuine report does more than warn."""
    counts = Counts(settled=delivered, delivered=delivered, reporting=reporting, complaints=complaints)
    for scope in Scope:
        assert level(counts, Cause.COMPLAINTS, scope) in (None, Level.WARN)


@pytest.mark.parametrize(
    ("hard", "settled", "of_mailing", "of_week"),
    [
        (2, 10, None, None),
        (3, 10, Level.PAUSE_MAILING, None),
        (3, 55, Level.PAUSE_MAILING, None),
        (3, 56, None, None),
        (3, 149, None, None),
        (4, 87, Level.PAUSE_MAILING, None),
        (4, 88, None, None),
        (4, 199, None, None),
        (5, 199, Level.PAUSE_MAILING, None),
        (4, 200, Level.WARN, Level.WARN),
        (5, 200, Level.PAUSE_MAILING, Level.WARN),
        (100, 10_000, None, None),
        (101, 10_000, Level.WARN, Level.WARN),
        (200, 10_000, Level.WARN, Level.WARN),
        (201, 10_000, Level.PAUSE_MAILING, Level.WARN),
        (500, 10_000, Level.PAUSE_MAILING, Level.WARN),
        (501, 10_000, Level.SUSPEND, Level.SUSPEND),
        (30, 500, Level.SUSPEND, Level.SUSPEND),
    ],
)
def test_hard_bounces(hard: int, settled: int, of_mailing: Level | None, of_week: Level | None) -> None:
    counts = Counts(settled=settled, delivered=settled - hard, hard=hard)
    assert level(counts, Cause.HARD_BOUNCES) is of_mailing
    assert level(counts, Cause.HARD_BOUNCES, Scope.WEEK) is of_week


@pytest.mark.parametrize(
    ("counts", "scope", "found"),
    [
        (Counts(complaints=2, hard=9), Scope.DAY, {}),
        (Counts(complaints=3, hard=10), Scope.DAY, {"new_complaints": Level.WARN, "new_hard_bounces": Level.WARN}),
        (Counts(complaints=6, hard=24), Scope.DAY, {"new_complaints": Level.WARN, "new_hard_bounces": Level.WARN}),
        (Counts(complaints=7), Scope.DAY, {"new_complaints": Level.PAUSE_ACCOUNT}),
        (Counts(hard=25), Scope.DAY, {"new_hard_bounces": Level.PAUSE_ACCOUNT}),
        (Counts(complaints=9, hard=24), Scope.WEEK, {}),
        (Counts(complaints=10, hard=25), Scope.WEEK, {"new_complaints": Level.WARN, "new_hard_bounces": Level.WARN}),
        (Counts(complaints=20), Scope.WEEK, {"new_complaints": Level.PAUSE_ACCOUNT}),
        (Counts(hard=50), Scope.WEEK, {"new_hard_bounces": Level.PAUSE_ACCOUNT}),
        (Counts(complaints=100, hard=1000), Scope.MAILING, {}),
    ],
)
def test_a_new_account_has_ceilings(counts: Counts, scope: Scope, found: dict[str, Level]) -> None:
    """Numbers, not rates: a million good addresses do not make up for them."""
    counts = replace(counts, settled=1_000_000, delivered=1_000_000, reporting=1_000_000)
    assert {need.cause.value: need.level for need in judge_new_account(counts, scope)} == found


@pytest.mark.parametrize(("left", "delivered", "found"), [(20, 1000, None), (21, 1000, Level.PAUSE_MAILING),
                                                         (5, 100, None)])  # fmt: skip
def test_unsubscribes(left: int, delivered: int, found: Level | None) -> None:
    counts = Counts(settled=delivered, delivered=delivered, unsubscribed=left)
    assert level(counts, Cause.UNSUBSCRIBES) is found
    assert level(counts, Cause.UNSUBSCRIBES, Scope.DAY) is None


@pytest.mark.parametrize(
    ("counts", "cause"),
    [
        (Counts(settled=1000, hard=51), Cause.PROVIDER_BOUNCES),
        (Counts(settled=1000, hard=50), None),
        (Counts(settled=199, hard=100), None),
        (Counts(settled=5000, delivered=5000, reporting=2000, complaints=4), Cause.PROVIDER_COMPLAINTS),
        (Counts(settled=5000, delivered=5000, reporting=2000, complaints=3), None),
        (Counts(settled=400, delivered=400, reporting=400, complaints=2), None),
        (Counts(settled=1000, refused=51), Cause.PROVIDER_REFUSALS),
        (Counts(settled=1000, refused=50), None),
    ],
)
def test_one_provider_alone(counts: Counts, cause: Cause | None) -> None:
    """R-70, R-86, R-88: its lane waits, and nothing else; two events never do it (R-87)."""
    found = judge_provider("yahoo", counts)
    assert [need.cause for need in found] == ([cause] if cause else [])
    assert all(need.level is Level.PAUSE_LANE and need.provider == "yahoo" for need in found)


def test_each_domain_belongs_to_one_provider() -> None:
    domains = [domain for provider in PROVIDERS for domain in provider.domains]
    assert len(domains) == len(set(domains))
    assert provider_of("GMX.de") == "united_internet"
    assert provider_of("lindenhof.example") == OTHER
