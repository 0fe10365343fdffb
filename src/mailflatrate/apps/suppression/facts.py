"""Rows of suppression -> what the rules are told."""

from mailflatrate.apps.suppression import queries
from mailflatrate.apps.suppression.models import Reason
from mailflatrate.rules import facts

AS_FACT: dict[Reason, facts.Suppression] = {
    Reason.HARD_BOUNCE: facts.Suppression.BOUNCE,
    Reason.SOFT_BOUNCE: facts.Suppression.BOUNCE,
    Reason.COMPLAINT: facts.Suppression.COMPLAINT,
    Reason.UNSUBSCRIBE: facts.Suppression.UNSUBSCRIBE,
    Reason.OBJECTION: facts.Suppression.OBJECTION,
    Reason.ERASED: facts.Suppression.ERASED,
    Reason.MANUAL: facts.Suppression.DESK,
}


def suppression_fact(address_key: bytes) -> facts.Suppression | None:
    """The strongest reason against an address, or None. Raises NoAccount."""
    row = queries.strongest(address_key)
    return AS_FACT[Reason(row.reason)] if row else None
