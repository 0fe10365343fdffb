"""The states of a campaign, the moves between them, and who may make them. `apps.campaigns.states.move` is the only
writer; `rules.sql` renders the sets into statements and triggers.
"""

from enum import Enum, StrEnum


class CampaignState(StrEnum):
    """The state of a campaign. REVIEW: released, and an operator reviews it first (R-06, R-07). WAITING: the relay
    does not answer; sending resumes automatically.
    """

    DRAFT = "draft"
    REVIEW = "review"
    SCHEDULED = "scheduled"
    PLANNING = "planning"
    SENDING = "sending"
    WAITING = "waiting"
    PAUSED = "paused"
    SENT = "sent"
    CANCELLED = "cancelled"


class CampaignMover(Enum):
    MEMBER = "member"
    OPERATOR = "operator"
    MACHINE = "machine"


class ImpossibleMove(ValueError):
    pass


_DRAFT, _REVIEW, _SCHEDULED = CampaignState.DRAFT, CampaignState.REVIEW, CampaignState.SCHEDULED
_PLANNING, _SENDING, _WAITING = CampaignState.PLANNING, CampaignState.SENDING, CampaignState.WAITING
_PAUSED, _SENT, _CANCELLED = CampaignState.PAUSED, CampaignState.SENT, CampaignState.CANCELLED

_MEMBER, _OPERATOR, _MACHINE = {CampaignMover.MEMBER}, {CampaignMover.OPERATOR}, {CampaignMover.MACHINE}
_NO_OPERATOR = _MEMBER | _MACHINE
_PEOPLE = _MEMBER | _OPERATOR
_ANYONE = _PEOPLE | _MACHINE

# (from, to) -> who may do it. What is not here does not exist. Only an operator lets a campaign out of review,
# and no machine resumes what was paused. A pair of equal states is a new time or a new reason.
MOVES: dict[tuple[CampaignState, CampaignState], set[CampaignMover]] = {
    (_DRAFT, _DRAFT): _MACHINE,
    (_DRAFT, _REVIEW): _NO_OPERATOR,
    (_DRAFT, _SCHEDULED): _NO_OPERATOR,
    (_DRAFT, _PLANNING): _NO_OPERATOR,
    (_SCHEDULED, _SCHEDULED): _MEMBER,
    (_SCHEDULED, _REVIEW): _NO_OPERATOR,
    (_SCHEDULED, _PLANNING): _NO_OPERATOR,
    (_SCHEDULED, _DRAFT): _NO_OPERATOR,
    (_REVIEW, _SCHEDULED): _OPERATOR,
    (_REVIEW, _PLANNING): _OPERATOR,
    (_REVIEW, _DRAFT): _ANYONE,
    (_PLANNING, _SENDING): _MACHINE,
    (_PLANNING, _SENT): _MACHINE,
    (_SENDING, _WAITING): _MACHINE,
    (_WAITING, _SENDING): _MACHINE,
    (_SENDING, _SENT): _MACHINE,
    (_WAITING, _SENT): _MACHINE,
    # An A/B test ends, and those who waited for its winner are planned.
    (_SENDING, _PLANNING): _NO_OPERATOR,
    (_WAITING, _PLANNING): _NO_OPERATOR,
    **{(before, _PAUSED): _ANYONE for before in (_PLANNING, _SENDING, _WAITING)},
    (_PAUSED, _PAUSED): _OPERATOR | _MACHINE,
    (_PAUSED, _PLANNING): _PEOPLE,
    (_PAUSED, _SENDING): _PEOPLE,
    **{(before, _CANCELLED): _MEMBER for before in (_PLANNING, _SENDING, _WAITING, _PAUSED)},
    # Recipients who certainly did not get it are sent it after all.
    (_SENT, _SENDING): _PEOPLE,
}

EDITABLE = (_DRAFT,)
RELEASABLE = (_DRAFT, _SCHEDULED)
AWAITING = (_SCHEDULED, _REVIEW)
"""Released and not begun: it waits for its time or for a reviewer, and can still be returned to draft."""
NOT_BEGUN = (_DRAFT, *AWAITING)
RUNNING = (_SENDING, _WAITING)
"""Messages leave, or would if the relay answered."""
UNDER_WAY = (_PLANNING, *RUNNING)
"""States that change automatically."""
STOPPED = (_WAITING, _PAUSED)
PLANNED = (*RUNNING, _PAUSED)
"""Begun, usually with all its recipients planned."""
UNFINISHED = (_PLANNING, *PLANNED)
"""Begun and not over, so it can be held or canceled."""
RELEASED = (*AWAITING, *UNFINISHED)
"""Released and not over. Reached only with a second person's approval, where the account wants one."""
REVIEWED = (_SCHEDULED, *UNFINISHED)
"""Reached only with a reviewer's approval, if the account is supervised (R-06)."""
OVER = (_SENT, _CANCELLED)
HELD = (_PAUSED, _CANCELLED)
"""Where an account may take a campaign that a rule stopped (R-90)."""
UNCOUNTED = (*NOT_BEGUN, _PLANNING)
"""No message has been sent yet, so there is nothing to count."""


def may_move(before: str, after: CampaignState, by: CampaignMover) -> bool:
    return by in MOVES.get((CampaignState(before), after), ())


def require_move(before: str, after: CampaignState, by: CampaignMover) -> None:
    if not may_move(before, after, by):
        raise ImpossibleMove(f"no campaign is moved from {before} to {after} by a {by.value}")
