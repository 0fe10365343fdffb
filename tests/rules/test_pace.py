"""The arithmetic of a slow campaign."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailflatrate.rules.sending.pace import MOST_PER_HOUR, TURN_SECONDS, Pace, pace_for


@given(st.integers(1, MOST_PER_HOUR))
def test_no_hour_ever_has_more(per_hour: int) -> None:
    """Any sixty minutes hold as many turns as fit, and their letters together stay within the limit."""
    pace = pace_for(per_hour)
    assert pace.turn_seconds >= TURN_SECONDS
    assert pace.per_turn >= 1
    assert 3600 / pace.turn_seconds * pace.per_turn <= per_hour


def test_shares_and_how_long_it_takes() -> None:
    assert pace_for(600) == Pace(10, 60)
    assert pace_for(10) == Pace(1, 360)
    assert pace_for(100) == Pace(1, 60)
    assert pace_for(600).seconds_for(600) == 59 * 60
    assert pace_for(600).seconds_for(10) == 0
    assert pace_for(600).seconds_for(0) == 0
    with pytest.raises(ValueError, match="never finishes"):
        pace_for(0)
