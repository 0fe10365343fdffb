"""What is usual in an hour: the median over campaigns. tests/entrypoints/test_report_figures.py counts real clicks."""

from mailflatrate.apps.tracking.timeline import median_by_hour


def test_the_median_of_each_hour_over_campaigns() -> None:
    assert median_by_hour([[4, 0, 1], [2, 0, 3], [9, 1, 2]]) == [4, 0, 2]
    assert median_by_hour([[1, 2], [2, 4]]) == [1.5, 3]
    assert median_by_hour([]) == []
