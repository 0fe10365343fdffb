"""Scoped reads of imports and moves."""

from django.db.models import Exists, OuterRef

from mailflatrate.apps.accounts.queries import limit_of
from mailflatrate.apps.intake.models import Import, ImportRefusal, ImportState, Move, MoveState
from mailflatrate.apps.intake.origin_review import people_by_state
from mailflatrate.apps.intake.quarantine import WAITING_REASONS
from mailflatrate.apps.lists.models import SubscriptionState
from mailflatrate.base import tenancy

PAGE_ROWS = 50


def imports_page(*, list_id: int | None = None, before_id: int | None = None, size: int = PAGE_ROWS) -> list[Import]:
    """Newest first; `before_id`: the previous page's last."""
    rows = Import.objects.select_related("mailing_list")
    if list_id is not None:
        rows = rows.filter(mailing_list_id=list_id)
    if before_id is not None:
        rows = rows.filter(id__lt=before_id)
    return list(rows.order_by("-id")[:size])


def refused_page(import_id: int, *, after_line: int = 0, size: int = PAGE_ROWS) -> list[ImportRefusal]:
    """In file order."""
    rows = ImportRefusal.objects.filter(source_import_id=import_id, held=False, line_number__gt=after_line)
    return list(rows.order_by("line_number")[:size])


def moves_page(*, size: int = PAGE_ROWS) -> list[tuple[Move, bool]]:
    """Not discarded, newest first, with whether one of its imports waits or runs."""
    working = Import.objects.filter(move_id=OuterRef("id"), state__in=[ImportState.QUEUED, ImportState.RUNNING])
    rows = Move.objects.select_related("mailing_list").exclude(state=MoveState.DISCARDED)
    return [(move, move.works) for move in rows.annotate(works=Exists(working)).order_by("-id")[:size]]


def imports_of_move(move_id: int) -> list[Import]:
    return list(Import.objects.select_related("mailing_list").filter(move_id=move_id).order_by("id"))


def waiting_for_review(list_id: int) -> int:
    people = people_by_state(tenancy.current_account_id(), list_id)
    return sum(people.get((SubscriptionState.QUARANTINED.value, reason), 0) for reason in WAITING_REASONS)


@tenancy.needs_account
def may_import(job: Import) -> bool:
    """Its starter still sees the list, or has left the account."""
    now = limit_of(job.created_by_id)
    return now is None or job.mailing_list_id in now
