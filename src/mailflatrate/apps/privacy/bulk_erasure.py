"""The bulk action of `lists` that erases many contacts: each like a single one, with its own
request and audit entry.
"""

from collections.abc import Sequence

from mailflatrate.apps.lists.bulk.steps import BulkStep, register_steps
from mailflatrate.apps.lists.models import BulkAction, BulkKind
from mailflatrate.apps.privacy.actions.erasure import erase_for_customer
from mailflatrate.apps.privacy.errors import PrivacyError

HELD = "held"


def erase(action: BulkAction, ids: Sequence[int]) -> BulkStep:
    """Erase these contacts, except where the abuse desk still needs the proof of consent."""
    step = BulkStep()
    if action.created_by is None:
        step.skipped[HELD] = len(ids)
        return step
    for contact_id in ids:
        try:
            erase_for_customer(contact_id, by=action.created_by)
        except PrivacyError:
            step.skipped[HELD] += 1
        else:
            step.changed[contact_id] = None
    return step


def register() -> None:
    """Register this bulk action with `lists`."""
    register_steps(BulkKind.ERASE, erase, size=10)
