"""Rows of suppression as facts for the rules."""

from mailflatrate.apps.suppression import queries
from mailflatrate.rules.contacts.suppression import STRENGTH, SuppressionReason
from mailflatrate.rules.recipient_facts import SuppressionCause

AS_FACT: dict[SuppressionReason, SuppressionCause] = {
    SuppressionReason.HARD_BOUNCE: SuppressionCause.BOUNCE,
    SuppressionReason.SOFT_BOUNCE: SuppressionCause.BOUNCE,
    SuppressionReason.COMPLAINT: SuppressionCause.COMPLAINT,
    SuppressionReason.UNSUBSCRIBE: SuppressionCause.UNSUBSCRIBE,
    SuppressionReason.OBJECTION: SuppressionCause.OBJECTION,
    SuppressionReason.ERASED: SuppressionCause.ERASED,
    SuppressionReason.MANUAL: SuppressionCause.OWN,
}
EVERYWHERE_AS_FACT = AS_FACT | {SuppressionReason.COMPLAINT: SuppressionCause.EVERYWHERE}
"""The complaint need not be about a campaign of this account."""


def suppression_fact(address_key: bytes) -> SuppressionCause | None:
    """The strongest, if any. Raises NoAccount."""
    row = queries.strongest(address_key)
    if row is None:
        return None
    return (EVERYWHERE_AS_FACT if row.account_id is None else AS_FACT)[SuppressionReason(row.reason)]


def strongest_fact(here: str | None, everywhere: str | None) -> SuppressionCause | None:
    """If they are equal, the account's."""
    own = None if here is None else SuppressionReason(here)
    platform = None if everywhere is None else SuppressionReason(everywhere)
    if platform is None or (own is not None and STRENGTH.index(own) <= STRENGTH.index(platform)):
        return None if own is None else AS_FACT[own]
    return EVERYWHERE_AS_FACT[platform]
