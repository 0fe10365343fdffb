"""Suppressions that customers ask the operator to lift."""

from mailflatrate.apps.suppression.actions import address_key, ask_to_lift, suppress
from mailflatrate.apps.suppression.queries import own_row
from mailflatrate.base import tenancy
from mailflatrate.rules.contacts.suppression import SuppressionReason
from support.customers import Customer


def suppressed(
    anna: Customer, email: str, reason: SuppressionReason = SuppressionReason.MANUAL, *, everywhere: bool = False
) -> int:
    """Suppress an address; the id of the account's row, or of the platform's."""
    key = address_key(email)
    with tenancy.account(anna.account_id):
        suppress(key, reason=reason, source="test", evidence={}, platform=everywhere)
        own = own_row(key)
        return int(own.id)


def lift_asked(anna: Customer, email: str = "back@people.example", reason: str = "She called us today.") -> int:
    """A suppression whose lifting the owner asked for; its id."""
    suppression_id = suppressed(anna, email)
    with tenancy.account(anna.account_id):
        ask_to_lift(own_row(address_key(email)), reason=reason, by=anna.owner)
    return suppression_id
