"""The table of a campaign's moves, and the sets of its states."""

from itertools import product

import pytest

from mailflatrate.rules import sql
from mailflatrate.rules.campaigns import campaign_states as states
from mailflatrate.rules.campaigns.campaign_states import (
    MOVES,
    CampaignMover,
    CampaignState,
    ImpossibleMove,
    may_move,
    require_move,
)

EVERY = list(product(CampaignState, CampaignState, CampaignMover))


@pytest.mark.parametrize("mover", CampaignMover)
def test_nothing_moves_but_by_the_table(mover: CampaignMover) -> None:
    for before, after, by in EVERY:
        if by is not mover:
            continue
        assert may_move(before, after, by) is (by in MOVES.get((before, after), ()))
        if not may_move(before.value, after, by):
            with pytest.raises(ImpossibleMove):
                require_move(before.value, after, by)


def test_only_an_operator_lets_a_campaign_out_of_review() -> None:
    """R-06: not its own account, and no job."""
    onward = [who for (before, after), who in MOVES.items() if before == "review" and after in states.REVIEWED]
    assert onward == [{CampaignMover.OPERATOR}] * 2


def test_no_machine_resumes_what_was_paused_or_sends_what_is_over() -> None:
    for before, after in product((CampaignState.PAUSED, *states.OVER), CampaignState):
        if after != CampaignState.PAUSED:
            assert not may_move(before, after, CampaignMover.MACHINE), (before, after)


def test_canceled_is_the_end() -> None:
    assert not any(before is CampaignState.CANCELLED for before, _after in MOVES)


def test_every_campaign_can_reach_its_end() -> None:
    ends = {CampaignState.SENT, CampaignState.CANCELLED}
    for _round in CampaignState:
        ends |= {before for before, after in MOVES if after in ends}
    assert ends == set(CampaignState)


def test_each_state_is_in_exactly_one_part_of_a_campaigns_life() -> None:
    assert sorted((*states.NOT_BEGUN, *states.UNFINISHED, *states.OVER)) == sorted(CampaignState)
    assert sorted((*states.EDITABLE, *states.RELEASED, *states.OVER)) == sorted(CampaignState)
    assert set(states.RELEASED) - set(states.REVIEWED) == {CampaignState.REVIEW}
    assert set(states.UNFINISHED) - set(states.UNDER_WAY) == {CampaignState.PAUSED}


def test_what_changes_automatically_is_what_a_machine_moves_on() -> None:
    moved_on = {
        before
        for (before, after), who in MOVES.items()
        if before in states.UNFINISHED and before != after and CampaignMover.MACHINE in who
    }
    assert moved_on == set(states.UNDER_WAY)


def test_a_campaign_is_released_where_the_sets_say_so() -> None:
    """Nothing comes into a state that needs approval but from a draft, which is where approval is asked for."""
    entered = {before for before, after in MOVES if after in states.RELEASED and before not in states.RELEASED}
    assert entered == {CampaignState.DRAFT, CampaignState.SENT}


def test_placeholders_are_filled_from_the_table(monkeypatch: pytest.MonkeyPatch) -> None:
    text = "k.state IN {{campaign_states(RUNNING)}} AND x = '{}'"
    assert sql.fill_in(text) == "k.state IN ('sending', 'waiting') AND x = '{}'"
    monkeypatch.setattr(states, "RUNNING", (CampaignState.SENDING,))
    assert sql.fill_in(text) == "k.state IN ('sending') AND x = '{}'"


@pytest.mark.parametrize("text", ["{{nothing}}", "{{campaign_states(NOWHERE)}}", "{{campaign_states}}"])
def test_a_placeholder_that_no_rule_fills_in_is_refused(text: str) -> None:
    with pytest.raises((sql.UnknownFragment, AttributeError, TypeError)):
        sql.fill_in(text)
