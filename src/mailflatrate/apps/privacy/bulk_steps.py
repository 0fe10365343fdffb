"""The bulk action of `lists` that erases contacts: each with its own request and audit entry."""

from collections.abc import Sequence

from mailflatrate.apps.privacy.actions.erasure import erase_many_for_customer
from mailflatrate.apps.segments.bulk.steps import GONE, BulkStep, register_steps
from mailflatrate.apps.segments.models import BulkAction, BulkKind

HELD = "held"
TOGETHER = 1_000
"""People of one transaction. A cancel waits for it, and so does everyone else who writes to the audit log then."""


def erase(action: BulkAction, ids: Sequence[int]) -> BulkStep:
    """Erase these contacts, except where the abuse desk still needs the proof of consent."""
    step = BulkStep()
    if action.created_by is None:
        step.skipped[HELD] = len(ids)
        return step
    result = erase_many_for_customer(ids, by=action.created_by)
    step.changed = dict.fromkeys(result.wiped)
    step.skipped[HELD] = len(result.held)
    step.skipped[GONE] = len(ids) - len(result.wiped) - len(result.held)
    return step


register_steps(BulkKind.ERASE, erase, size=TOGETHER)
