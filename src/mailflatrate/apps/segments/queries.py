"""Scoped reads of segments, the people they choose, and exports."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Q, QuerySet

from mailflatrate.apps.lists.models import Contact, SubscriptionState
from mailflatrate.apps.lists.queries import count_people, on_a_list
from mailflatrate.apps.segments.builders import conditions_sql, whole_account
from mailflatrate.apps.segments.contact_list.narrowing import ContactFilter, contacts_matching
from mailflatrate.apps.segments.models import Export, Segment

PAGE_ROWS = 50


def segments_named(text: str) -> QuerySet[Segment]:
    return Segment.objects.filter(name__icontains=text).order_by("name", "id")


@dataclass(frozen=True, slots=True)
class Cursor:
    email: str
    contact_id: int


@dataclass(frozen=True, slots=True)
class ContactPage:
    rows: list[Contact]
    next: Cursor | None
    previous: Cursor | None


def contact_page(
    *,
    search: str = "",
    list_id: int | None = None,
    state: SubscriptionState | None = None,
    tag_id: int | None = None,
    segment_id: int | None = None,
    after: Cursor | None = None,
    before: Cursor | None = None,
    size: int = PAGE_ROWS,
) -> ContactPage:
    """With subscriptions; short searches match beginnings of words. `after` walks forward. No page is slower."""
    people = contacts_matching(ContactFilter(search.strip(), list_id, state, tag_id, segment_id))
    people = people.prefetch_related("subscriptions__mailing_list")
    if before is not None:
        earlier = Q(email__lt=before.email) | Q(email=before.email, id__lt=before.contact_id)
        rows = list(people.filter(earlier).order_by("-email", "-id")[: size + 1])
        more = len(rows) > size
        rows = rows[:size][::-1]
        return ContactPage(rows, _cursor(rows[-1:]), _cursor(rows[:1]) if more else None)
    if after is not None:
        people = people.filter(Q(email__gt=after.email) | Q(email=after.email, id__gt=after.contact_id))
    rows = list(people.order_by("email", "id")[: size + 1])
    page = rows[:size]
    return ContactPage(
        page, _cursor(page[-1:]) if len(rows) > size else None, _cursor(page[:1]) if after is not None else None
    )


def _cursor(rows: Sequence[Contact]) -> Cursor | None:
    return Cursor(rows[0].email, rows[0].id) if rows else None


def count_segment(list_ids: Sequence[int], conditions: Any) -> int:
    """Confirmed on any of the lists, not suppressed, meeting all conditions. Raises SegmentError."""
    with whole_account():
        where, values = conditions_sql(conditions)
        return count_people(f"{on_a_list('%s')} AND {where}", [list(list_ids), *values])


def exports_page(*, before_id: int | None = None, size: int = PAGE_ROWS) -> list[Export]:
    """Newest first; `before_id`: the previous page's last."""
    rows = Export.objects.select_related("mailing_list", "created_by")
    if before_id is not None:
        rows = rows.filter(id__lt=before_id)
    return list(rows.order_by("-id")[:size])


def segments() -> list[Segment]:
    return list(Segment.objects.order_by("name"))
