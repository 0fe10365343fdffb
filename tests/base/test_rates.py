"""A written rate is on its side of every limit, in every language, however close it is."""

import re
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import mailflatrate
from mailflatrate.locale.formats import rate_number, written_rate
from mailflatrate.rules.feedback.measures import ThresholdCause, rate_limits

PACKAGE = Path(mailflatrate.__file__).parent
KINDS = st.sampled_from([ThresholdCause.COMPLAINTS, ThresholdCause.HARD_BOUNCES, ThresholdCause.UNSUBSCRIBES])


@given(kind=KINDS, events=st.integers(0, 200_000), of=st.integers(1, 10_000_000), least=st.integers(0, 3))
def test_a_rate_is_written_on_its_side_of_every_limit(kind: ThresholdCause, events: int, of: int, least: int) -> None:
    percent, limits = 100 * min(events, of) / of, rate_limits(kind)
    written = Decimal(rate_number(percent, "en", *limits, least=least))
    for limit in limits:
        most = Decimal(rate_number(limit, "en", *limits, least=least))
        assert (written > most, written < most) == (percent > limit, percent < limit)


@given(limit=st.integers(1, 10_000), over=st.integers(-3, 3))
def test_the_limit_itself_is_written_whole(limit: int, over: int) -> None:
    """An operator may tighten a limit to 0.125: it isn't written as 0.13, with 0.127 below it."""
    most, percent = limit / 1000, (limit * 1000 + over) / 1_000_000
    written = Decimal(rate_number(percent, "de", most).replace(".", "").replace(",", "."))
    shown = Decimal(rate_number(most, "de", most).replace(".", "").replace(",", "."))
    assert shown == Decimal(limit) / 1000
    assert (written > shown, written < shown) == (percent > most, percent < most)


@pytest.mark.parametrize(
    ("percent", "language", "written"),
    [
        (0.1042, "en", "0.104%"),
        (0.0996, "en", "0.0996%"),
        (0.1, "de", "0,10 %"),
        (0.104, "de", "0,104 %"),
        (12.345, "en", "12.35%"),
        (0.3000001, "en", "0.3000001%"),
        (0, "en", "0.00%"),
        (None, "en", "–"),
    ],
)
def test_digits_are_added_only_where_they_are_needed(percent: float | None, language: str, written: str) -> None:
    assert written_rate(percent, language, *rate_limits(ThresholdCause.COMPLAINTS)) == written


ROUNDED = re.compile(
    r"(?:hard|bounce|complain|unsubscribe|limit)\w*(?:\.percent|_percent)?\s*\|\s*(?:percent|floatformat:\"?-?[0-5])"
    r"|round\([^()]*\.percent|:\.[0-9]f\}[^\n]*limit"
)


def test_nothing_else_rounds_a_rate_that_has_a_limit() -> None:
    sources = [path for path in PACKAGE.rglob("*") if path.suffix in (".py", ".html", ".txt")]
    assert [(path.name, found[0]) for path in sources for found in ROUNDED.finditer(path.read_text())] == []
