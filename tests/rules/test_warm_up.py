"""Steps of a warm-up: earned by days that were used, stopped by deferrals, held by complaints, lost when idle."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from mailflatrate.rules.sending.warm_up import (
    IDLE,
    LADDER,
    LAST_STEP,
    WarmUpDay,
    at,
    chunk_sizes,
    is_over,
    planned_days,
    quota,
)

NOW = datetime(2026, 11, 27, 9, tzinfo=UTC)
DAY = timedelta(days=1)


def test_the_ladder_grows_by_a_third_after_its_end() -> None:
    assert [quota(step) for step in range(9)] == [*LADDER, 5_200, 6_760]
    assert all(quota(step) < quota(step + 1) for step in range(LAST_STEP))


@pytest.mark.parametrize(
    ("changed", "step"),
    [
        ({"used": 50, "answered": 50}, 1),
        ({"used": 25, "answered": 25}, 1),
        ({"used": 24, "answered": 24}, 0),
        ({"used": 50, "answered": 50, "deferred": 4}, 1),
        ({"used": 50, "answered": 50, "deferred": 5}, 0),
        ({"used": 50, "answered": 50, "complaints": 1}, 0),
    ],
)
def test_a_step_is_earned(changed: dict[str, int], step: int) -> None:
    day = replace(WarmUpDay(0, NOW), **changed)
    assert at(day, NOW + DAY - timedelta(seconds=1)) == day
    assert at(day, NOW + DAY) == WarmUpDay(step, NOW + DAY)
    assert at(day, NOW + 3 * DAY + timedelta(hours=1)) == WarmUpDay(step, NOW + 3 * DAY), "one step, however long ago"


def test_one_complaint_in_many_messages_holds_nothing() -> None:
    day = WarmUpDay(5, NOW, used=2000, answered=2000, complaints=2)
    assert at(day, NOW + DAY).step == 6
    assert at(replace(day, complaints=3), NOW + DAY).step == 5


def test_deferrals_stop_the_day() -> None:
    day = WarmUpDay(2, NOW, used=100, answered=40, deferred=4)
    assert day.left == 150
    assert replace(day, deferred=5).left == 0
    assert replace(day, answered=100, deferred=9).left == 150
    assert replace(day, answered=100, deferred=10).left == 0


def test_idle_for_a_month_begins_again() -> None:
    assert at(WarmUpDay(9, NOW, used=9000, answered=9000), NOW + IDLE + DAY) == WarmUpDay(0, NOW + IDLE + DAY)
    assert is_over(WarmUpDay(LAST_STEP + 1, NOW))
    assert not is_over(WarmUpDay(LAST_STEP, NOW))


def test_the_days_of_a_campaign() -> None:
    fresh = WarmUpDay(0, NOW)
    assert planned_days([], 1_000_000, NOW) == []
    assert planned_days([fresh], 50, NOW) == []
    assert [(day.at, day.people) for day in planned_days([fresh], 350, NOW)] == [
        (NOW, 50),
        (NOW + DAY, 100),
        (NOW + 2 * DAY, 200),
    ]
    used = WarmUpDay(2, NOW - timedelta(hours=4), used=240, answered=240)
    assert [day.people for day in planned_days([used, WarmUpDay(4, NOW)], 600, NOW)] == [10, 500, 90]
    assert sum(day.people for day in planned_days([fresh], 10_000, NOW)) == 10_000
    assert len(planned_days([fresh], 10**9, NOW)) == LAST_STEP + 2, "then it is known"
    stopped = WarmUpDay(0, NOW, used=9, answered=9, deferred=9)
    assert [day.at for day in planned_days([stopped], 60, NOW)] == [NOW + DAY, NOW + 2 * DAY]


def test_chunks_end_with_their_day() -> None:
    assert chunk_sizes(2000, 0, 1000) == [50, 100, 250, 500, 1000, 100]
    assert chunk_sizes(2500, 9, 1000) == [1000, 1000, 500]
    assert sum(chunk_sizes(123_456, 3, 1000)) == 123_456
