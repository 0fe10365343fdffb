"""Places of contacts in the order of a custom field, from the index of its values (ADR 0053)."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db import connection
from django.db.models import F, Sum
from django.db.models.expressions import RawSQL

from mailflatrate.apps.lists.models import ListTally
from mailflatrate.apps.segments.contact_list.narrowing import ContactFilter, contacts_matching, linked_rows
from mailflatrate.apps.segments.contact_list.ordering import (
    FIELD_PREFIX,
    ContactCursor,
    ContactOrder,
    key_column,
    key_sql,
)
from mailflatrate.apps.segments.models import SortKey
from mailflatrate.base import clock, jobs, tenancy

BUILD_JOB = "segments.build_sort_index"
LARGE = 20_000
"""With so many subscriptions, sorting takes long enough to need an index."""
ASKED_AGAIN = timedelta(days=1)
MOST_CHANGED = 20_000
"""Since the index was brought up to date: they are read one by one, so more take too long."""

_STATE = """
SELECT (state ->> 'index')::bigint, state ->> 'changed', (state ->> 'wanted_at')::timestamptz
FROM public.sort_index_state(%s, %s, %s) AS state
"""
_NONE_CHANGED = "{}"
_CHANGED = """(SELECT sort_value, sort_id FROM ({people} OFFSET 0) AS changed (sort_value, sort_id) WHERE {further}
    ORDER BY sort_value {direction}, sort_id {direction} LIMIT %s)"""
_AMONG_CHANGED = """contact.id IN (
    SELECT generate_series(lower(ids), upper(ids) - 1) FROM unnest(%s::int8multirange) AS ids)"""


def indexed_statement(
    criteria: ContactFilter, order: ContactOrder, start: ContactCursor | None, most: int, *, down: bool
) -> tuple[str, list[Any]] | None:
    """With its values; None, and the index is asked for, if there is none."""
    assert order.field_type is not None and order.field_id is not None
    with connection.cursor() as cursor:
        cursor.execute(_STATE, [order.field_id, order.field_type.name, MOST_CHANGED])
        index_id, changed, wanted_at = cursor.fetchone()
    ask_for_index(order.field_id, wanted_at)
    if index_id is None:
        return None
    parts: list[str] = []
    values: list[Any] = []
    for sql, given in (
        _from_index(criteria, order, start, changed, most, index_id=index_id, down=down),
        *([] if changed == _NONE_CHANGED else [_from_changed(criteria, order, start, changed, most, down=down)]),
    ):
        parts.append(sql)
        values += given
    if len(parts) == 1:
        return parts[0], values
    direction = _direction(down=down)
    both = f"{' UNION ALL '.join(parts)} ORDER BY sort_value {direction}, sort_id {direction} LIMIT %s"
    return both, [*values, most]


def ask_for_index(field_id: int, wanted_at: datetime | None) -> None:
    """Built, or kept for longer, if the account needs it. `wanted_at`: when it last was."""
    if wanted_at is not None and wanted_at > clock.now() - ASKED_AGAIN:
        return
    if (ListTally.objects.aggregate(people=Sum("people"))["people"] or 0) >= LARGE:
        account_id = tenancy.current_account_id()
        once = f"{BUILD_JOB}:{field_id}"
        jobs.wake(BUILD_JOB, jobs.JobQueue.HOUSE, once=once, account_id=account_id, field_id=field_id)


def read_places(statement: tuple[str, Sequence[Any]]) -> list[tuple[Any, int]]:
    with connection.cursor() as cursor:
        cursor.execute(*statement)
        return [
            (Decimal(str(value)) if isinstance(value, float) else value, contact_id)
            for value, contact_id in cursor.fetchall()
        ]


def _from_index(
    criteria: ContactFilter,
    order: ContactOrder,
    start: ContactCursor | None,
    changed: str,
    most: int,
    *,
    index_id: int,
    down: bool,
) -> tuple[str, list[Any]]:
    assert order.field_type is not None
    column = key_column(order.field_type)
    where = ["NOT %s::int8multirange @> sort_key.contact_id"]
    values: list[Any] = [changed]
    if start is not None:
        where.append(f"(sort_key.{column}, sort_key.contact_id) {'<' if down else '>'} (%s::{_key_type(order)}, %s)")
        values += [start.value, start.contact_id]
    rest = replace(criteria, list_id=None, state=None, tag_id=None)
    if not rest.is_empty:
        sql, of_filter = contacts_matching(rest).order_by().values("id").query.sql_with_params()
        where.append(f"sort_key.contact_id IN ({sql})")
        values += of_filter
    keys = SortKey.objects.filter(*linked_rows(criteria, "contact_id"), sort_index_id=index_id)
    keys = keys.filter(**{f"{column}__isnull": False}).extra(where=where, params=values)  # noqa: S610  values apart
    rows = keys.annotate(sort_value=F(column), sort_id=F("contact_id")).values_list("sort_value", "sort_id")
    names = ("-sort_value", "-sort_id") if down else ("sort_value", "sort_id")
    statement, given = rows.order_by(*names)[:most].query.sql_with_params()
    return f"({statement})", list(given)


def _from_changed(
    criteria: ContactFilter, order: ContactOrder, start: ContactCursor | None, changed: str, most: int, *, down: bool
) -> tuple[str, list[Any]]:
    assert order.field_type is not None
    value = RawSQL(*key_sql(order.field_type, order.key.removeprefix(FIELD_PREFIX)))  # noqa: S611  of `ordering`
    people = contacts_matching(criteria).extra(where=[_AMONG_CHANGED], params=[changed])  # noqa: S610  a constant
    rows = people.annotate(sort_value=value, sort_id=F("id")).values_list("sort_value", "sort_id")
    sql, values = rows.order_by().query.sql_with_params()
    further = "sort_value IS NOT NULL"
    if start is not None:
        further = f"(sort_value, sort_id) {'<' if down else '>'} (%s::{_key_type(order)}, %s)"
    statement = _CHANGED.format(people=sql, further=further, direction=_direction(down=down))
    return statement, [*values, *([] if start is None else [start.value, start.contact_id]), most]


def _key_type(order: ContactOrder) -> str:
    return "float8" if order.value_type == "numeric" else "text"


def _direction(*, down: bool) -> str:
    return "DESC" if down else "ASC"
