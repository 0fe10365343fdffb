"""What providers ask: one table, each point with words in both languages, and figures on the right side of a limit."""

from dataclasses import astuple

import pytest

from mailflatrate.rules.compliance.judge import CriterionResult, Facts, State, judge_all
from mailflatrate.rules.compliance.table import CRITERIA, Holder, MeasuredFigure, RequirementSource
from mailflatrate.rules.limits import LIMITS

#
ASKED = {f"R-{number}" for number in (*range(54, 67), 74, 84, *range(99, 107))}


def found(key: str, facts: Facts) -> CriterionResult:
    return next(one for one in judge_all(facts) if one.criterion.key == key)


def test_every_rule_that_is_asked_for_has_its_line() -> None:
    assert ASKED - {criterion.rule for criterion in CRITERIA} == set()
    keys = [criterion.key for criterion in CRITERIA]
    assert len(keys) == len(set(keys))
    assert {body for criterion in CRITERIA for body in criterion.bodies} == set(RequirementSource)


def test_each_has_words_in_both_languages_and_a_source_of_its_figure() -> None:
    for criterion in CRITERIA:
        assert all((*astuple(criterion.said("en")), *astuple(criterion.said("de")))), criterion.key
        assert criterion.said("en").how != criterion.said("de").how
        assert (criterion.figure is not None) == (criterion.holder is Holder.MEASURED), criterion.key
        assert not criterion.limit or criterion.limit in LIMITS


@pytest.mark.parametrize(
    ("key", "figure", "value", "state"),
    [
        ("complaints_csa", MeasuredFigure.COMPLAINTS, 0.30, State.NEAR),
        ("complaints_csa", MeasuredFigure.COMPLAINTS, 0.31, State.BROKEN),
        ("complaints_csa", MeasuredFigure.COMPLAINTS, 0.10, State.HELD),
        ("complaints_google", MeasuredFigure.COMPLAINTS, 0.10, State.BROKEN),
        ("complaints_google", MeasuredFigure.COMPLAINTS, 0.09, State.NEAR),
        ("complaints_yahoo", MeasuredFigure.COMPLAINTS_YAHOO, 0.30, State.BROKEN),
        ("hard_bounces", MeasuredFigure.HARD_BOUNCES, 0.2, State.HELD),
        ("hard_bounces", MeasuredFigure.HARD_BOUNCES, 1.1, State.BROKEN),
        ("key_age", MeasuredFigure.KEY_AGE, 181, State.BROKEN),
        ("spf", MeasuredFigure.SPF_FAILING, 0, State.HELD),
        ("spf", MeasuredFigure.SPF_FAILING, 1, State.BROKEN),
    ],
)
def test_a_figure_beside_its_limit(key: str, figure: MeasuredFigure, value: float, state: State) -> None:
    """Google and Yahoo say "below", the CSA "at most" (R-84)."""
    assert found(key, Facts({figure: value})).state is state


def test_what_was_not_measured_or_looked_at_says_so() -> None:
    assert found("hard_bounces", Facts()).state is State.UNKNOWN
    assert found("ptr", Facts()).state is State.OPEN
    assert found("ptr", Facts(seen={"ptr": True})).state is State.DONE
    assert found("ptr", Facts(seen={"ptr": False})).state is State.BROKEN
    assert found("website", Facts(seen={"": True})).state is State.OPEN


def test_an_account_is_shown_what_its_own_mailings_decide() -> None:
    of_account = {one.criterion.key for one in judge_all(Facts(), of_account=True)}
    assert {"hard_bounces", "one_click", "spf"} <= of_account
    assert not of_account & {"ptr", "loops", "late_answers", "host_list"}
