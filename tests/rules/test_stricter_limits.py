"""The operator may make the rules stricter by a setting, and nothing else."""

from collections.abc import Iterator

import pytest

from mailflatrate.rules.feedback.measures import Counts, FigureScope, MeasureLevel, ThresholdCause, judge
from mailflatrate.rules.limits import LIMITS, tighten, value
from mailflatrate.rules.stricter_limits import STRICTER, read_tighter
from mailflatrate.settings.schema import SettingsError, read_settings


@pytest.fixture
def ours() -> Iterator[None]:
    """Whatever a test put in force ends with it."""
    yield
    tighten({})


def test_only_limits_of_the_table_can_be_moved() -> None:
    assert set(STRICTER) <= set(LIMITS)


def test_stricter_numbers_are_in_force(ours: None) -> None:
    counts = Counts(settled=10_000, delivered=10_000, reporting=10_000, complaints=4)
    assert judge(counts, FigureScope.WEEK) == ()
    tighten(read_tighter("complaint_warn=0.03, pause_cooling_hours = 48"))
    [need] = judge(counts, FigureScope.WEEK)
    assert (need.cause, need.level, need.limit) == (ThresholdCause.COMPLAINTS, MeasureLevel.WARN, 0.03)
    assert value("pause_cooling_hours") == 48
    assert LIMITS["complaint_warn"].value == 0.05, "the table itself stays"


@pytest.mark.parametrize(
    ("written", "word"),
    [
        ("complaint_warn=0.06", "looser"),
        ("pause_cooling_hours=12", "looser"),
        ("complaint_warn=nan", "looser"),
        ("strike_days=inf", "looser"),
        ("complaint_warn=-1", "looser"),
        ("complaint_warn=little", "a number"),
        ("complaint_warn", "a number"),
        ("gmail_spam_rate_max=0.1", "a limit"),
        ("nonsense=1", "a limit"),
    ],
)
def test_a_looser_or_unknown_number_stops_the_start(written: str, word: str) -> None:
    with pytest.raises(SettingsError, match=word) as problem:
        read_settings({"MAILFLATRATE_TIGHTER_LIMITS": written})
    assert "MAILFLATRATE_TIGHTER_LIMITS" in str(problem.value)


def test_the_same_number_is_allowed() -> None:
    assert read_settings({"MAILFLATRATE_TIGHTER_LIMITS": "complaint_warn=0.05"}).tighter_limits == "complaint_warn=0.05"
