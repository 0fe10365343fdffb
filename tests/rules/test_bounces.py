"""Bounces and retries on a simulated clock."""

from datetime import timedelta

import pytest

from mailflatrate.mail.reading.values import BounceOutcome
from mailflatrate.rules.feedback.bounces import BounceAction, BounceState, after_delivery, judge_bounce, may_return
from mailflatrate.rules.sending.pace import RetryPolicy, next_attempt
from rules.examples import NOW

DAY = timedelta(days=1)


@pytest.mark.parametrize(
    ("status", "action"),
    [
        ("5.1.1", BounceAction.SUPPRESS_PLATFORM),
        ("5.1.2", BounceAction.SUPPRESS_PLATFORM),
        ("5.1.10", BounceAction.SUPPRESS_PLATFORM),
        ("5.1.3", BounceAction.SUPPRESS_ACCOUNT),
        ("5.1.6", BounceAction.SUPPRESS_ACCOUNT),
        ("5.0.0", BounceAction.SUPPRESS_ACCOUNT),
        ("", BounceAction.SUPPRESS_ACCOUNT),
    ],
)
def test_a_hard_bounce_suppresses_after_the_first(status: str, action: BounceAction) -> None:
    judgement = judge_bounce(BounceState(), BounceOutcome.RECIPIENT_HARD, status, NOW, witnesses=2)
    assert (judgement.action, judgement.rule) == (action, "R-69")


@pytest.mark.parametrize("witnesses", [0, 1])
def test_one_witness_suppresses_in_the_account_alone(witnesses: int) -> None:
    judgement = judge_bounce(BounceState(), BounceOutcome.RECIPIENT_HARD, "5.1.1", NOW, witnesses=witnesses)
    assert (judgement.action, judgement.rule) == (BounceAction.SUPPRESS_ACCOUNT, "R-69")


def test_disputed_bounces_are_soft_and_hard_on_a_second_day() -> None:
    first = judge_bounce(BounceState(), BounceOutcome.RECIPIENT_SOFT, "5.1.1", NOW, disputed=True)
    assert first.action is BounceAction.NOTHING
    same_day = judge_bounce(first.state, BounceOutcome.RECIPIENT_SOFT, "5.1.1", NOW + timedelta(hours=3), disputed=True)
    assert same_day.action is BounceAction.NOTHING
    second = judge_bounce(same_day.state, BounceOutcome.RECIPIENT_SOFT, "5.1.1", NOW + DAY, disputed=True)
    assert (second.action, second.rule) == (BounceAction.SUPPRESS_ACCOUNT, "R-69")
    revived = after_delivery(first.state)
    assert (
        judge_bounce(revived, BounceOutcome.RECIPIENT_SOFT, "5.1.1", NOW + DAY, disputed=True).action
        is BounceAction.NOTHING
    )


@pytest.mark.parametrize("outcome", [BounceOutcome.SENDER_FAULT, BounceOutcome.CONTENT])
def test_faults_of_ours_never_count(outcome: BounceOutcome) -> None:
    state = BounceState(soft_messages=2, first_soft_at=NOW - 30 * DAY)
    judgement = judge_bounce(state, outcome, "5.7.26", NOW)
    assert judgement.state == state
    assert judgement.action is BounceAction.NOTHING


def test_a_disabled_mailbox_is_hard_the_second_time() -> None:
    first = judge_bounce(BounceState(), BounceOutcome.RECIPIENT_HARD, "5.2.1", NOW)
    assert first.action is BounceAction.NOTHING
    second = judge_bounce(first.state, BounceOutcome.RECIPIENT_HARD, "5.2.1", NOW + DAY)
    assert (second.action, second.rule) == (BounceAction.SUPPRESS_ACCOUNT, "R-69")
    revived = after_delivery(first.state)
    assert judge_bounce(revived, BounceOutcome.RECIPIENT_HARD, "5.2.1", NOW + DAY).action is BounceAction.NOTHING


@pytest.mark.parametrize(
    ("days", "active", "suppressed_at"),
    [
        # (days of the campaigns that bounced, days since the last click at the first one, campaign that suppresses)
        ([0, 7, 14], None, 3),
        ([0, 7, 13], None, None),
        ([0, 1, 2, 3, 14], None, 5),
        ([0, 14], None, None),
        ([0, 7, 14, 21, 28], 10, 5),
        ([0, 7, 14, 21, 27], 10, None),
        ([0, 10, 20, 30], 10, None),
        ([0, 40, 81], 10, 3),
        ([0, 40, 80], 10, None),
    ],
)
def test_soft_bounces_in_a_row(days: list[int], active: int | None, suppressed_at: int | None) -> None:
    state = BounceState(last_activity_at=None if active is None else NOW - active * DAY)
    hits = []
    for number, day in enumerate(days, start=1):
        judgement = judge_bounce(state, BounceOutcome.RECIPIENT_SOFT, "4.2.2", NOW + day * DAY)
        state = judgement.state
        if judgement.action is not BounceAction.NOTHING:
            assert (judgement.action, judgement.rule) == (BounceAction.SUPPRESS_ACCOUNT, "R-71")
            hits.append(number)
    assert hits == ([] if suppressed_at is None else [suppressed_at])


def test_a_delivery_breaks_the_row() -> None:
    active_at = NOW - DAY
    state = BounceState(soft_messages=2, first_soft_at=NOW - 60 * DAY, last_activity_at=active_at)
    assert after_delivery(state) == BounceState(last_activity_at=active_at)


def test_a_reviewer_may_lift_a_bounce_after_sixty_days() -> None:
    assert not may_return(NOW - 60 * DAY + timedelta(seconds=1), NOW)
    assert may_return(NOW - 60 * DAY, NOW)


def test_a_deferred_letter_is_tried_more_and_more_seldom_for_three_days() -> None:
    at = NOW
    ages_minutes = []
    for attempt_no in range(1, 100):
        due = next_attempt(attempt_no, NOW, at)
        if due is None:
            break
        ages_minutes.append((due - NOW) / timedelta(minutes=1))
        at = due
    pauses = [later - earlier for earlier, later in zip([0.0, *ages_minutes], ages_minutes, strict=False)]
    assert pauses[:6] == [15, 30, 60, 120, 240, 480]
    assert all(pause <= 480 for pause in pauses)
    assert ages_minutes[-1] == 72 * 60
    assert next_attempt(len(ages_minutes) + 1, NOW, at) is None


def test_a_late_worker_does_not_pass_the_end() -> None:
    assert next_attempt(3, NOW, NOW + timedelta(hours=71)) == NOW + timedelta(hours=72)
    assert next_attempt(3, NOW, NOW + timedelta(hours=72)) is None
    assert next_attempt(10_000, NOW, NOW) == NOW + timedelta(hours=8)


def test_a_policy_of_its_own() -> None:
    policy = RetryPolicy(first_minutes=1, factor=3, longest_minutes=5, give_up_hours=1)
    assert next_attempt(1, NOW, NOW, policy) == NOW + timedelta(minutes=1)
    assert next_attempt(2, NOW, NOW, policy) == NOW + timedelta(minutes=3)
    assert next_attempt(3, NOW, NOW, policy) == NOW + timedelta(minutes=5)


@pytest.mark.parametrize("values", [{"first_minutes": 0}, {"factor": 0.5}, {"longest_minutes": 1}])
def test_pauses_that_do_not_grow_are_no_policy(values: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="grow"):
        RetryPolicy(**values)
