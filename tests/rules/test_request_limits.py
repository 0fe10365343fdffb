"""The law of asking on other people's behalf: allowances by what became of the people asked."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailflatrate.rules.forms.request_limits import AskingDay, AskingLevel, VisitFault, judge_asking, judge_visit
from mailflatrate.rules.limits import value

NOW = datetime(2026, 11, 27, 12, tzinfo=UTC)
FIRST, FEW = int(value("asks_first_day")), int(value("asks_few_day"))


@pytest.mark.parametrize(
    ("days", "level", "limit"),
    [
        ([], AskingLevel.OPEN, FIRST),
        ([AskingDay(0, 30)], AskingLevel.OPEN, FIRST),
        ([AskingDay(0, 30, confirmed=20)], AskingLevel.OPEN, FIRST + 80),
        ([AskingDay(3, 100, confirmed=60)], AskingLevel.OPEN, FIRST + 240),
        ([AskingDay(3, 19)], AskingLevel.OPEN, FIRST),
        ([AskingDay(3, 20)], AskingLevel.FEW, FEW),
        ([AskingDay(3, 100, confirmed=9)], AskingLevel.FEW, FEW),
        ([AskingDay(3, 100, confirmed=29)], AskingLevel.HELD, FIRST),
        ([AskingDay(1, 500)], AskingLevel.OPEN, FIRST),
        ([AskingDay(3, 100, confirmed=60, denied=5)], AskingLevel.FEW, FEW),
        ([AskingDay(0, 40, unknown=4)], AskingLevel.OPEN, FIRST),
        ([AskingDay(0, 40, unknown=5)], AskingLevel.FEW, FEW),
        ([AskingDay(0, 20, unknown=5)], AskingLevel.STOPPED, 0),
        ([AskingDay(20, 500)], AskingLevel.OPEN, FIRST),
        ([AskingDay(9, 9_000, confirmed=6_000)], AskingLevel.OPEN, 20_000),
    ],
)
def test_the_allowance_follows_the_people(days: list[AskingDay], level: AskingLevel, limit: int) -> None:
    found = judge_asking(days)
    assert (found.level, found.limit) == (level, limit)


def test_a_good_past_covers_no_bad_present() -> None:
    good = [AskingDay(age, 300, confirmed=200) for age in range(5, 14)]
    assert judge_asking(good).limit == FIRST + 800
    assert judge_asking([*good, AskingDay(2, 300, confirmed=4)]).level is AskingLevel.FEW
    assert judge_asking([*good, AskingDay(0, 200, unknown=60)]).level is AskingLevel.STOPPED


DAYS = st.lists(
    st.builds(AskingDay, st.integers(0, 20), st.integers(0, 3_000), st.integers(0, 300), st.integers(0, 300),
              st.integers(0, 300)), max_size=14
)  # fmt: skip


@given(DAYS, st.integers(0, 13))
def test_worse_news_never_raises_the_limit(days: list[AskingDay], age: int) -> None:
    before = judge_asking(days).limit
    for worse in (AskingDay(age, 0, denied=1), AskingDay(age, 0, unknown=1), AskingDay(age, 50)):
        if worse.asked and days:
            continue  # more silent people may dilute a share of denials
        assert judge_asking([*days, worse]).limit <= max(before, FIRST)
    assert 0 <= before <= value("asks_most_day")


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({}, None),
        ({"ip": "2001:db8::1"}, None),
        ({"ip": "shop"}, VisitFault.IP),
        ({"ip": "10.0.0.1"}, VisitFault.IP_INSIDE),
        ({"ip": "127.0.0.1"}, VisitFault.IP_INSIDE),
        ({"ip": "::1"}, VisitFault.IP_INSIDE),
        ({"ip": "::ffff:192.168.1.1"}, VisitFault.IP_INSIDE),
        ({"ip": "fe80::1"}, VisitFault.IP_INSIDE),
        ({"user_agent": " "}, VisitFault.AGENT),
        ({"page": "checkout"}, VisitFault.PAGE),
        ({"at": NOW + timedelta(hours=1)}, VisitFault.FUTURE),
        ({"at": NOW - timedelta(hours=73)}, VisitFault.OLD),
    ],
)
def test_a_visit_that_cannot_be_is_refused(change: dict[str, object], fault: VisitFault | None) -> None:
    whole = {"ip": "203.0.113.7", "user_agent": "Mozilla/5.0", "page": "https://shop.example/", "at": NOW} | change
    assert judge_visit(**whole, now=NOW) is fault  # type: ignore[arg-type]  # the table holds what fits
