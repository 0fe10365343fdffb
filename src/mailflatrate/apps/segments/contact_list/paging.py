"""Reads one page of contacts, in the same time however far back. Those without a value come last in both directions."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.db import connection
from django.db.models import Exists, F, IntegerField, Max, OuterRef, QuerySet, Value
from django.db.models.expressions import Expression, RawSQL

from mailflatrate.apps.lists.models import Contact, Subscription
from mailflatrate.apps.segments.contact_list.bounded import within
from mailflatrate.apps.segments.contact_list.narrowing import (
    ContactFilter,
    contacts_matching,
    linked_rows,
    on_own_lists,
)
from mailflatrate.apps.segments.contact_list.ordering import ContactCursor, ContactOrder
from mailflatrate.apps.segments.contact_list.sort_indexes import indexed_statement, read_places

PAGE_ROWS = 50
ORDERED_MILLISECONDS = 80
"""In the order of an index, before all that match are sorted instead."""
_Place = tuple[Any, int]

_NOTHING = Value(None, output_field=IntegerField())
# Of several confirmations the newest counts; of two at the same moment, the later subscription.
_NEWEST = """NOT EXISTS (SELECT 1 FROM subscription later WHERE later.account_id = subscription.account_id
    AND later.contact_id = subscription.contact_id
    AND (later.confirmed_at, later.id) > (subscription.confirmed_at, subscription.id))"""


@dataclass(frozen=True, slots=True)
class SortedPage:
    """Cursors are None at the ends of the list."""

    rows: list[Contact]
    next: ContactCursor | None
    previous: ContactCursor | None


def sorted_page(
    criteria: ContactFilter,
    order: ContactOrder,
    *,
    after: ContactCursor | None = None,
    before: ContactCursor | None = None,
    size: int = PAGE_ROWS,
) -> SortedPage:
    """With subscriptions. `after` walks forward, `before` backward. Raises SegmentError if conditions are faulty."""
    backward = before is not None
    places = _walk(criteria, order, before if backward else after, size + 1, backward=backward)
    more, places = len(places) > size, places[:size]
    if backward:
        places.reverse()
    cursors = [ContactCursor(*place) for place in places[:1] + places[-1:]]
    following = cursors[-1] if cursors and (backward or more) else None
    earlier = cursors[0] if cursors and (more if backward else after is not None) else None
    return SortedPage(_contacts([contact_id for _value, contact_id in places]), following, earlier)


def _contacts(ids: Sequence[int]) -> list[Contact]:
    contacts = Contact.objects.prefetch_related("subscriptions__mailing_list").in_bulk(list(ids))
    return [contacts[contact_id] for contact_id in ids if contact_id in contacts]


def _walk(
    criteria: ContactFilter, order: ContactOrder, place: ContactCursor | None, most: int, *, backward: bool
) -> list[_Place]:
    places: list[_Place] = []
    for has_value, start in _stretches(order, place, backward=backward):
        if len(places) < most:
            places += _stretch(criteria, order, start, most - len(places), has_value=has_value, backward=backward)
    return places


def _stretches(
    order: ContactOrder, place: ContactCursor | None, *, backward: bool
) -> Iterator[tuple[bool, ContactCursor | None]]:
    stretches = [True, False] if order.may_be_null else [True]
    if backward:
        stretches.reverse()
    if place is None:
        yield from ((has_value, None) for has_value in stretches)
        return
    here = stretches.index(place.value is not None)
    yield stretches[here], place
    yield from ((has_value, None) for has_value in stretches[here + 1 :])


def _stretch(
    criteria: ContactFilter,
    order: ContactOrder,
    start: ContactCursor | None,
    most: int,
    *,
    has_value: bool,
    backward: bool,
) -> list[_Place]:
    down = order.is_descending != backward
    sign = "<" if down else ">"
    if not has_value:
        people = _without_value(criteria, order)
        if start is not None:
            people = people.filter(**{"id__lt" if down else "id__gt": start.contact_id})
        soon = _first(_placed(people, _NOTHING), most, down=down)
        return _sorted(_placed(on_own_lists(people, criteria), _NOTHING), most, down=down) if soon is None else soon
    here, given = _beyond(order, start, sign)
    if order.field_type is not None:
        statement = indexed_statement(criteria, order, start, most, down=down)
        if statement is not None:
            places = within(ORDERED_MILLISECONDS, lambda: read_places(statement), alone=True)
            if places is not None:
                return places
        few = _valued(on_own_lists(contacts_matching(criteria), criteria), order)
        return _sorted(few, most, down=down, where=here, given=given, fence="OFFSET 0")
    if order.value_sql is None:
        values: tuple[Any, ...] = ()
        rows, few = _confirmed(criteria), _last_confirmed(criteria)
        value, number = "subscription.confirmed_at", "subscription.contact_id"
    else:
        people = contacts_matching(criteria)
        rows, few = _valued(people, order), _valued(on_own_lists(people, criteria), order)
        value, number, values = order.value_sql, "contact.id", order.parameters
    if start is not None:
        rows = rows.extra(  # noqa: S610  the expressions are constants, and values are passed apart
            where=[f"(({value}), {number}) {sign} (%s::{order.value_type}, %s)"], params=[*values, *given]
        )
    soon = _first(rows, most, down=down)
    return _sorted(few, most, down=down, where=here, given=given) if soon is None else soon


def _beyond(order: ContactOrder, start: ContactCursor | None, sign: str) -> tuple[str, list[Any]]:
    if start is None:
        return "sort_value IS NOT NULL", []
    return f"(sort_value, sort_id) {sign} (%s::{order.value_type}, %s)", [start.value, start.contact_id]


def _first(rows: QuerySet[Any, Any], most: int, *, down: bool) -> list[_Place] | None:
    """From the index; None if that takes long: where few match, all are better found first, then sorted."""
    directed = (F("sort_value").desc(), F("sort_id").desc()) if down else ("sort_value", "sort_id")
    return within(ORDERED_MILLISECONDS, lambda: list(rows.order_by(*directed)[:most]), alone=True)


def _sorted(
    rows: QuerySet[Any, Any],
    most: int,
    *,
    down: bool,
    where: str = "TRUE",
    given: Sequence[Any] = (),
    fence: str = "",
) -> list[_Place]:
    """By an expression without index. `fence` ends the subquery: with OFFSET each value is read once, but by one
    process.
    """
    sql, values = rows.order_by().query.sql_with_params()
    direction = "DESC" if down else "ASC"
    with connection.cursor() as cursor:
        cursor.execute(
            f"""SELECT sort_value, sort_id FROM ({sql} {fence}) AS matching (sort_value, sort_id) WHERE {where}
            ORDER BY greatest(sort_value) {direction}, sort_id {direction} LIMIT %s""",  # noqa: S608  the ORM's own
            [*values, *given, most],
        )
        places: list[_Place] = cursor.fetchall()
        return places


def _valued(people: QuerySet[Contact], order: ContactOrder) -> QuerySet[Any, Any]:
    assert order.value_sql is not None
    return _placed(people, RawSQL(order.value_sql, order.parameters))  # noqa: S611  an expression of `ordering`


def _placed(people: QuerySet[Contact], value: Expression) -> QuerySet[Any, Any]:
    rows: QuerySet[Any, Any] = people.annotate(sort_value=value, sort_id=F("id")).values_list("sort_value", "sort_id")
    return rows


def _confirmed(criteria: ContactFilter) -> QuerySet[Any, Any]:
    rows = _confirmations(criteria).extra(where=[_NEWEST])  # noqa: S610  a constant
    rows = rows.annotate(sort_value=F("confirmed_at"), sort_id=F("contact_id"))
    places: QuerySet[Any, Any] = rows.values_list("sort_value", "sort_id")
    return places


def _last_confirmed(criteria: ContactFilter) -> QuerySet[Any, Any]:
    rows = _confirmations(criteria).values("contact_id").annotate(sort_value=Max("confirmed_at"))
    places: QuerySet[Any, Any] = rows.values_list("sort_value", "contact_id")
    return places


def _confirmations(criteria: ContactFilter) -> QuerySet[Subscription]:
    # Tags and lists are asked for without the contacts in between: of many, each would be one more row to read.
    rows = Subscription.objects.filter(*linked_rows(criteria, "contact_id"), confirmed_at__isnull=False)
    rest = replace(criteria, list_id=None, state=None, tag_id=None)
    if rest.is_empty:
        return rows
    # As text, because an ORM subquery would rename the table that the filter's own expressions name.
    sql, values = contacts_matching(rest).order_by().values("id").query.sql_with_params()
    return rows.extra(where=[f"subscription.contact_id IN ({sql})"], params=list(values))  # noqa: S610


def _without_value(criteria: ContactFilter, order: ContactOrder) -> QuerySet[Contact]:
    people = contacts_matching(criteria)
    if order.value_sql is None:
        confirmed = Subscription.objects.filter(contact=OuterRef("id"), confirmed_at__isnull=False)
        return people.filter(~Exists(confirmed))
    return people.extra(where=[f"({order.value_sql}) IS NULL"], params=list(order.parameters))  # noqa: S610
