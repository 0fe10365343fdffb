"""Suppressed addresses (R-16, R-75, R-79): which reason is stronger, and which end when the person signs up again.
`rules.sql` renders these tables.
"""

from datetime import datetime, timedelta
from enum import StrEnum

from mailflatrate.rules.limits import value


class SuppressionReason(StrEnum):
    """The reasons why an address is never mailed."""

    HARD_BOUNCE = "hard_bounce"
    SOFT_BOUNCE = "soft_bounce"
    COMPLAINT = "complaint"
    UNSUBSCRIBE = "unsubscribe"
    OBJECTION = "objection"
    ERASED = "erased"
    MANUAL = "manual"


STRENGTH: tuple[SuppressionReason, ...] = (
    SuppressionReason.COMPLAINT,
    SuppressionReason.OBJECTION,
    SuppressionReason.ERASED,
    SuppressionReason.MANUAL,
    SuppressionReason.HARD_BOUNCE,
    SuppressionReason.SOFT_BOUNCE,
    SuppressionReason.UNSUBSCRIBE,
)
"""Strongest first; a row never takes over a weaker reason. Those that never end by a sign-up come first."""

STATED: tuple[SuppressionReason, ...] = tuple(cause for cause in SuppressionReason if cause != SuppressionReason.ERASED)
"""What a customer may state by hand or in a file. Erasing is more than suppressing, and only an erasure says it."""

RETURNS: tuple[SuppressionReason, ...] = (SuppressionReason.UNSUBSCRIBE, SuppressionReason.SOFT_BOUNCE)
"""An account's suppressions that a new sign-up ends: the person wants mail again, and the mailbox is alive."""
RETURNS_LATER: tuple[SuppressionReason, ...] = (SuppressionReason.HARD_BOUNCE,)
"""Rows of an account or the platform that it ends, too; but a dead mailbox gets no confirmation for 60 days."""

CONTRACT_PASSES: tuple[SuppressionReason, ...] = (SuppressionReason.UNSUBSCRIBE, SuppressionReason.SOFT_BOUNCE)
"""They stop no transactional message (R-112), and hide no complaint or dead mailbox: `STRENGTH` has them last."""


def return_after() -> timedelta:
    return timedelta(days=value("bounce_return_days"))


def ends_by_sign_up(reason: str, *, everywhere: bool) -> bool:
    """Return whether a confirmed new sign-up lifts a suppression of the account, or `everywhere` of the platform."""
    return reason in RETURNS_LATER or (reason in RETURNS and not everywhere)


def keeps_away(reason: str, since: datetime, now: datetime, *, everywhere: bool) -> bool:
    """Return whether an active suppression forbids even the confirmation email that the address's owner asked for."""
    if reason in RETURNS_LATER:
        return now - since < return_after()
    return not ends_by_sign_up(reason, everywhere=everywhere)


def stops_contract(reason: str, *, everywhere: bool) -> bool:
    return everywhere or reason not in CONTRACT_PASSES
