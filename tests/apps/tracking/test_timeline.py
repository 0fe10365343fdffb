"""Steps of the timeline, and what is usual in one. tests/entrypoints/test_report_figures.py counts real clicks."""

from datetime import timedelta

from mailflatrate.apps.tracking.counts import HOURS, evenly, median_by_step, step_seconds, steps_shown


def test_the_median_of_each_step_over_campaigns() -> None:
    assert median_by_step([[4, 0, 1], [2, 0, 3], [9, 1, 2]]) == [4, 0, 2]
    assert median_by_step([[1, 2], [2, 4]]) == [1.5, 3]
    assert median_by_step([]) == []


def test_hours_are_divided_evenly_into_shorter_steps() -> None:
    assert evenly([12, 6], 300, 13) == [1] * 12 + [0.5]
    assert evenly([12, 6], 3600, 2) == [12, 6]
    assert evenly([], 300, 13) == []


def test_a_young_campaign_is_shown_by_the_minute_and_an_old_one_by_the_hour() -> None:
    ages = [timedelta(0), timedelta(minutes=59), timedelta(hours=1), timedelta(hours=4), timedelta(days=400)]
    assert [step_seconds(age) for age in ages] == [60, 60, 300, 3600, 3600]
    assert [steps_shown(age) for age in ages] == [2, 60, 13, 5, HOURS]
