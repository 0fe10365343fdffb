"""The rule by which a variant is chosen, and how sure it is."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailflatrate.rules.campaigns.ab_test import (
    LEAST_CLICKS,
    Certainty,
    ChoiceBasis,
    VariantFigures,
    WinnerChoice,
    certainty,
    choose,
)


def arms(*figures: tuple[int, int, int]) -> list[VariantFigures]:
    return [VariantFigures(number, *each) for number, each in enumerate(figures)]


def test_the_greatest_share_wins_and_not_the_greatest_number() -> None:
    assert choose(arms((1000, 60, 0), (500, 40, 0))) == WinnerChoice(1, ChoiceBasis.CLICKS)


@pytest.mark.parametrize(
    ("figures", "choice"),
    [
        ([(1000, 9, 0), (1000, 10, 0)], WinnerChoice(0, ChoiceBasis.TOO_FEW)),
        ([(0, 0, 0), (0, 0, 0)], WinnerChoice(0, ChoiceBasis.TOO_FEW)),
        ([(1000, 30, 0), (1000, 30, 0)], WinnerChoice(0, ChoiceBasis.TIE)),
        ([(1000, 10, 0), (1000, 30, 0), (500, 15, 0)], WinnerChoice(1, ChoiceBasis.TIE)),
        ([(1000, 10, 0), (1000, 90, 25)], WinnerChoice(0, ChoiceBasis.CLICKS)),  # 2.5 % left over B: the brake
        ([(1000, 90, 25), (1000, 4, 0)], WinnerChoice(1, ChoiceBasis.CLICKS)),
        ([(1000, 90, 25), (1000, 4, 30)], None),
        ([(100, 20, 2), (100, 10, 0)], WinnerChoice(0, ChoiceBasis.CLICKS)),  # two people are no sample
    ],
)
def test_ties_few_clicks_and_the_brake(figures: list[tuple[int, int, int]], choice: WinnerChoice | None) -> None:
    assert choose(arms(*figures)) == choice


FIGURES = st.tuples(st.integers(0, 10_000), st.integers(0, 5_000), st.integers(0, 50))


@given(st.lists(FIGURES, min_size=2, max_size=4))
def test_a_choice_is_one_of_them_and_never_one_that_people_leave(figures: list[tuple[int, int, int]]) -> None:
    made = choose(arms(*figures))
    left = {arm.variant for arm in arms(*figures) if arm.is_left}
    assert (made is None) == (len(left) == len(figures))
    if made is not None:
        assert made.variant in range(len(figures))
        assert made.variant not in left


@pytest.mark.parametrize(
    ("figures", "sure"),
    [
        ([(1000, 100, 0), (1000, 30, 0)], Certainty.CLEAR),
        ([(1000, 60, 0), (1000, 40, 0)], Certainty.CHANCE),
        ([(1000, 72, 0), (1000, 45, 0)], Certainty.LIKELY),
        ([(1000, LEAST_CLICKS - 1, 0), (1000, 0, 0)], Certainty.CHANCE),
        ([(0, 0, 0), (10, 10, 0)], Certainty.CHANCE),
    ],
)
def test_how_sure(figures: list[tuple[int, int, int]], sure: Certainty) -> None:
    assert certainty(arms(*figures)) is sure
