"""Rates beside their limits: rounding never hides on which side of a limit a share is."""

from hypothesis import given
from hypothesis import strategies as st

from mailflatrate.entrypoints.presenters.rates import LEAST_DIGITS, complaint_rate, digits_beside

COUNTS = st.integers(1, 10_000_000)


@given(events=st.integers(0, 20_000), of=COUNTS)
def test_a_share_is_shown_on_its_side_of_the_limit(events: int, of: int) -> None:
    rate = complaint_rate(min(events, of), of)
    assert rate.percent is not None
    shown, limit = round(rate.percent, rate.digits), round(rate.limit_percent, LEAST_DIGITS)
    if abs(rate.percent - rate.limit_percent) > 1e-5:
        assert (shown > limit, shown < limit) == (rate.percent > rate.limit_percent, rate.percent < rate.limit_percent)


def test_digits_are_added_only_where_they_are_needed() -> None:
    assert [digits_beside(each, 0.1) for each in (0.1042, 0.0996, 0.1, 0.2, 0.0)] == [3, 4, 2, 2, 2]
