"""What a bounce does to an address (R-69 to R-71, R-73, R-75): a state and a result in, a new state and an action out.
Call it once for the final result of one delivery, never per retry. Auto-replies never get here; faults of sender or
content never count (R-70).
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import Enum

from mailflatrate.mail.reading.values import BounceOutcome, BounceVerdict
from mailflatrate.rules.contacts.suppression import return_after
from mailflatrate.rules.limits import value


class BounceAction(Enum):
    NOTHING = "nothing"
    SUPPRESS_ACCOUNT = "suppress_account"
    SUPPRESS_PLATFORM = "suppress_platform"


@dataclass(frozen=True, slots=True)
class Bounce:
    """`source` is the evidence. `again`: the message was read before and is now understood differently, so a bounce may
    change its kind.
    """

    contact_id: int | None
    delivery_id: int | None
    verdict: BounceVerdict
    at: datetime
    source: str
    text: str = ""
    again: bool = False


@dataclass(frozen=True, slots=True)
class SoftPolicy:
    """After this many consecutive campaigns, and not before the time span is over (R-71)."""

    messages: int
    span: timedelta


@dataclass(frozen=True, slots=True)
class BounceState:
    """`soft_messages` counts consecutive soft bounces since `first_soft_at`, `disabled_mailings` those that said
    "mailbox disabled" (5.2.1) or contradict themselves. `last_activity_at` is the last click or confirmation; opens do
    not count.
    """

    soft_messages: int = 0
    first_soft_at: datetime | None = None
    disabled_mailings: int = 0
    last_activity_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class BounceJudgement:
    state: BounceState
    action: BounceAction
    rule: str | None = None


INACTIVE_POLICY = SoftPolicy(int(value("soft_messages")), timedelta(days=value("soft_span_days")))
ACTIVE_POLICY = SoftPolicy(int(value("soft_messages_active")), timedelta(days=value("soft_span_days_active")))
ACTIVE_WITHIN = timedelta(days=value("soft_active_days"))

# RFC 3463 with RFC 7505: no such mailbox, no such domain, a domain that takes no mail. True for every sender alike.
_DEAD_EVERYWHERE = frozenset({"5.1.1", "5.1.2", "5.1.10"})
_DISABLED = "5.2.1"
_BOTH_WITNESSES = 2
_ANOTHER_DAY = timedelta(days=1)


def judge_bounce(
    state: BounceState, outcome: BounceOutcome, status: str, at: datetime, *, witnesses: int = 1, disputed: bool = False
) -> BounceJudgement:
    """A permanent failure; `status` (RFC 3463) may be "". `witnesses` counts which of code and words say that the
    address is dead: both suppress it on the whole platform. `disputed`: they contradict each other, so a bounce on a
    second day decides.
    """
    if outcome in (BounceOutcome.SENDER_FAULT, BounceOutcome.CONTENT):
        return BounceJudgement(state, BounceAction.NOTHING)
    if status == _DISABLED or disputed:
        state = replace(state, disabled_mailings=state.disabled_mailings + 1)
        # A provider disables a mailbox for a while or for good; on a second day it is for good.
        if state.disabled_mailings >= 2 and state.first_soft_at and at - state.first_soft_at >= _ANOTHER_DAY:
            return BounceJudgement(state, BounceAction.SUPPRESS_ACCOUNT, "R-69")
        return _count_soft(state, at)
    if outcome is BounceOutcome.RECIPIENT_SOFT:
        return _count_soft(state, at)
    everywhere = witnesses >= _BOTH_WITNESSES and status in _DEAD_EVERYWHERE
    action = BounceAction.SUPPRESS_PLATFORM if everywhere else BounceAction.SUPPRESS_ACCOUNT
    return BounceJudgement(state, action, "R-69")


def after_delivery(state: BounceState) -> BounceState:
    """Return the state after a delivery, which ends the series of soft bounces (R-71)."""
    return BounceState(last_activity_at=state.last_activity_at)


def may_return(suppressed_at: datetime, now: datetime) -> bool:
    """Return whether a reviewer may lift a bounce now, with a reason. People can always sign up again (R-75)."""
    return now - suppressed_at >= return_after()


def _count_soft(state: BounceState, at: datetime) -> BounceJudgement:
    first = state.first_soft_at or at
    counted = replace(state, soft_messages=state.soft_messages + 1, first_soft_at=first)
    active = state.last_activity_at is not None and at - state.last_activity_at <= ACTIVE_WITHIN
    policy = ACTIVE_POLICY if active else INACTIVE_POLICY
    if counted.soft_messages >= policy.messages and at - first >= policy.span:
        return BounceJudgement(counted, BounceAction.SUPPRESS_ACCOUNT, "R-71")
    return BounceJudgement(counted, BounceAction.NOTHING)
