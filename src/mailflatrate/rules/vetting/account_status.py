"""R-01, R-90: allowed account status changes and who makes them; a test compares them with the database's table."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from enum import Enum

from mailflatrate.rules import limits
from mailflatrate.rules.account_states import AccountStatus


class Mover(Enum):
    """Who may make a change of status. MACHINE: one of our rules may make it as well, because it only restricts."""

    APPLICANT = "applicant"
    STAFF = "staff"
    MACHINE = "machine"


_REGISTERED, _SUBMITTED, _MORE_INFO = AccountStatus.REGISTERED, AccountStatus.SUBMITTED, AccountStatus.MORE_INFO
_APPROVED, _REJECTED, _ACTIVE = AccountStatus.APPROVED, AccountStatus.REJECTED, AccountStatus.ACTIVE
_THROTTLED, _PAUSED, _SUSPENDED, _CLOSED = (
    AccountStatus.THROTTLED,
    AccountStatus.PAUSED,
    AccountStatus.SUSPENDED,
    AccountStatus.CLOSED,
)

# (from, to) -> the least who may do it. What is not here does not exist: default deny.
MOVES: dict[tuple[AccountStatus, AccountStatus], Mover] = {
    (_REGISTERED, _SUBMITTED): Mover.APPLICANT,
    (_MORE_INFO, _SUBMITTED): Mover.APPLICANT,
    (_SUBMITTED, _APPROVED): Mover.STAFF,
    (_SUBMITTED, _MORE_INFO): Mover.STAFF,
    (_SUBMITTED, _REJECTED): Mover.STAFF,
    (_MORE_INFO, _REJECTED): Mover.STAFF,
    (_REJECTED, _MORE_INFO): Mover.STAFF,
    (_APPROVED, _ACTIVE): Mover.STAFF,
    (_APPROVED, _MORE_INFO): Mover.STAFF,
    (_APPROVED, _REJECTED): Mover.STAFF,
    (_ACTIVE, _THROTTLED): Mover.MACHINE,
    (_ACTIVE, _PAUSED): Mover.MACHINE,
    (_ACTIVE, _SUSPENDED): Mover.MACHINE,
    (_THROTTLED, _PAUSED): Mover.MACHINE,
    (_THROTTLED, _SUSPENDED): Mover.MACHINE,
    (_PAUSED, _SUSPENDED): Mover.MACHINE,
    (_THROTTLED, _ACTIVE): Mover.STAFF,
    (_PAUSED, _ACTIVE): Mover.STAFF,
    (_PAUSED, _THROTTLED): Mover.STAFF,
    (_SUSPENDED, _ACTIVE): Mover.STAFF,
    (_SUSPENDED, _THROTTLED): Mover.STAFF,
    **{
        (before, _CLOSED): Mover.MACHINE if before in (_SUSPENDED, _PAUSED, _ACTIVE, _THROTTLED) else Mover.STAFF
        for before in AccountStatus
        if before is not _CLOSED
    },
}
LIFTS: frozenset[tuple[AccountStatus, AccountStatus]] = frozenset(
    move for move in MOVES if move[0] in (_PAUSED, _SUSPENDED) and move[1].may_send
)
"""Moves that let an account send again after a pause: a person, a reason, and a night's sleep (R-90)."""

RESTRICTED = (_THROTTLED, _PAUSED, _SUSPENDED, _CLOSED)
"""Statuses that take something away from an account that could send; they outlive a restored backup."""

STRENGTH = {Mover.APPLICANT: 0, Mover.MACHINE: 1, Mover.STAFF: 2}


def may_move(before: AccountStatus, after: AccountStatus, mover: Mover) -> bool:
    """Staff may make every change that a machine may make; applicants only their own."""
    least = MOVES.get((before, after))
    if least is None:
        return False
    if least is Mover.APPLICANT or mover is Mover.APPLICANT:
        return least is mover
    return STRENGTH[mover] >= STRENGTH[least]


def needs_words(after: AccountStatus) -> bool:
    """Return True if the customer must be told the reason (R-09): for every refusal, request or restriction."""
    return after in (_MORE_INFO, _REJECTED, _THROTTLED, _PAUSED, _SUSPENDED, _CLOSED)


def lift_from(paused_at: datetime) -> datetime:
    """Return the earliest time at which a pause may be lifted (R-90); aware, like `paused_at`."""
    return paused_at + timedelta(hours=limits.value("pause_cooling_hours"))


class StrikeMeasure(Enum):
    NONE = "none"
    SUSPEND = "suspend"
    CLOSE = "close"


def strike_ends(given_at: datetime) -> datetime:
    return given_at + timedelta(days=limits.value("strike_days"))


def active_strikes(given_at: Iterable[datetime], now: datetime) -> int:
    return sum(given <= now < strike_ends(given) for given in given_at)


def measure(given_at: Iterable[datetime], earlier_suspensions: int, now: datetime) -> StrikeMeasure:
    """SUSPEND for three strikes within six months, CLOSE if strikes have suspended the account before. Such a strike no
    longer counts, so `given_at` holds only the strikes since then.
    """
    if active_strikes(given_at, now) < limits.value("strikes_to_suspend"):
        return StrikeMeasure.NONE
    return StrikeMeasure.CLOSE if earlier_suspensions else StrikeMeasure.SUSPEND
