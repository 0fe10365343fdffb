"""Builds and keeps the sort indexes of fields (ADR 0053), in short steps: changes wait for open transactions."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import pairwise
from typing import Any

from django.db import connection

from mailflatrate.apps.lists.models import ContactField
from mailflatrate.apps.segments.contact_list.ordering import key_column, key_sql
from mailflatrate.apps.segments.models import SortIndex
from mailflatrate.base import clock, tenancy
from mailflatrate.base.tenancy import PlatformReason
from mailflatrate.rules.fields.field_type import Sorting
from mailflatrate.rules.fields.values import FIELD_TYPES

MOST_INDEXES = 5
"""Of an account; the one wanted longest ago makes room."""
KEPT = timedelta(days=30)
AT_ONCE = 10_000
RUNS_AT_ONCE = 1_000

_HORIZON = """
SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint, pg_snapshot_xmax(pg_current_snapshot())::text::bigint
"""
_BUILD = """
WITH page AS MATERIALIZED (
    SELECT id, account_id, address_key, attributes FROM contact
    WHERE account_id = %s AND address_key > %s ORDER BY address_key LIMIT %s
), written AS (
    INSERT INTO sort_key (account_id, contact_id, sort_index_id, {column})
    SELECT account_id, id, %s, value FROM (SELECT account_id, id, {value} AS value FROM page AS contact) valued
    WHERE value IS NOT NULL
)
SELECT count(*), (array_agg(address_key ORDER BY address_key DESC))[1] FROM page
"""
_RUNS = "SELECT xid, last_id - first_id + 1 FROM contact_touch WHERE account_id = %s AND xid >= %s AND xid < %s"
_CHANGED = """
WITH changed AS MATERIALIZED (
    SELECT unnest(range_agg(int8range(first_id, last_id, '[]'))) AS ids FROM contact_touch
    WHERE account_id = %s AND xid >= %s AND xid < %s
)
"""
_FORGET = f"""{_CHANGED} DELETE FROM sort_key k USING changed
WHERE k.sort_index_id = %s AND k.contact_id >= lower(ids) AND k.contact_id < upper(ids)
"""  # noqa: S608  made of constants
_REFRESH = f"""{_CHANGED} INSERT INTO sort_key (account_id, contact_id, sort_index_id, {{column}})
SELECT account_id, id, %s, value FROM (
    SELECT contact.account_id, contact.id, {{value}} AS value FROM changed
    JOIN contact ON contact.account_id = %s AND contact.id >= lower(ids) AND contact.id < upper(ids)
) valued WHERE value IS NOT NULL
"""  # noqa: S608  made of constants
_EMPTY = """
DELETE FROM sort_key WHERE (contact_id, sort_index_id) IN (
    SELECT contact_id, sort_index_id FROM sort_key WHERE account_id = %s AND sort_index_id = %s LIMIT %s)
"""


def build_index(account_id: int, field_id: int) -> None:
    """Or note that it is still wanted. May safely be repeated."""
    with tenancy.platform(PlatformReason.HOUSEKEEPING):
        field = ContactField.objects.filter(account_id=account_id, id=field_id, archived_at=None).first()
        if field is None or FIELD_TYPES[field.type].sorting is Sorting.NONE:
            return
        row, _created = SortIndex.objects.update_or_create(
            account_id=account_id,
            field=field,
            defaults={"wanted_at": clock.now()},
            create_defaults={"wanted_at": clock.now(), "type": field.type, "read_to": _horizon()[0]},
        )
        others = SortIndex.objects.filter(account_id=account_id).order_by("-wanted_at", "-id")
        surplus = [other.id for other in others[MOST_INDEXES:]]
        SortIndex.objects.filter(id__in=surplus).update(wanted_at=clock.now() - 2 * KEPT)
    for index_id in (*surplus, row.id):
        tend_index(index_id)


def keep_indexes() -> None:
    """Drops those no longer wanted."""
    with tenancy.platform(PlatformReason.HOUSEKEEPING):
        ids = list(SortIndex.objects.order_by("id").values_list("id", flat=True))
    for index_id in ids:
        tend_index(index_id)


def tend_index(index_id: int) -> None:
    """A second process that does the same passes it by."""
    while _step(index_id):
        pass


def _step(index_id: int) -> bool:
    with tenancy.platform(PlatformReason.HOUSEKEEPING):
        rows = SortIndex.objects.select_related("field").select_for_update(skip_locked=True, of=("self",))
        row = rows.filter(id=index_id).first()
        if row is None:
            return False
        oldest, next_xid = _horizon()
        is_wanted = row.field.archived_at is None and row.wanted_at > clock.now() - KEPT
        if not is_wanted or row.type != row.field.type or row.read_to > next_xid:
            return _clear(row, oldest, is_wanted=is_wanted)
        return _build(row) if row.built_at is None else _catch_up(row, oldest)


def _horizon() -> tuple[int, int]:
    """The oldest open transaction, and the next one. A restored database may know later ones."""
    oldest, next_xid = _run(_HORIZON, [])[0]
    return int(oldest), int(next_xid)


def _clear(row: SortIndex, oldest: int, *, is_wanted: bool) -> bool:
    emptied = _write(_EMPTY, [row.account_id, row.id, AT_ONCE])
    row.type, row.built_at = "", None
    if not emptied and (not is_wanted or FIELD_TYPES[row.field.type].sorting is Sorting.NONE):
        row.delete()
        return False
    if not emptied:
        row.type, row.read_to, row.after_key = row.field.type, oldest, b""
    row.save(update_fields=["type", "built_at", "read_to", "after_key"])
    return True


def _build(row: SortIndex) -> bool:
    form = _KeyForm.of(row)
    values = [row.account_id, bytes(row.after_key), AT_ONCE, row.id, *form.values]
    people, last = _run(_BUILD.format(column=form.column, value=form.sql), values)[0]
    if people:
        row.after_key = bytes(last)
    row.built_at = None if people == AT_ONCE else clock.now()
    row.save(update_fields=["after_key", "built_at"])
    return True


def _catch_up(row: SortIndex, oldest: int) -> bool:
    runs = _run(f"{_RUNS} ORDER BY xid LIMIT %s", [row.account_id, row.read_to, oldest, RUNS_AT_ONCE + 1])
    if not runs:
        return False
    border = _border([(int(xid), int(people)) for xid, people in runs], oldest)
    form, slice_ = _KeyForm.of(row), [row.account_id, row.read_to, border]
    _write(_FORGET, [*slice_, row.id])
    _write(_REFRESH.format(column=form.column, value=form.sql), [*slice_, row.id, *form.values, row.account_id])
    row.read_to = border
    row.save(update_fields=["read_to"])
    return True


def _border(runs: Sequence[tuple[int, int]], oldest: int) -> int:
    """The transaction before which to stop. None is split: a large one is a step of its own."""
    people = 0
    for (xid, size), (following, _size) in pairwise(runs):
        people += size
        if following != xid and people >= AT_ONCE:
            return following
    if len(runs) <= RUNS_AT_ONCE:
        return oldest
    return runs[-1][0] if runs[-1][0] != runs[0][0] else runs[-1][0] + 1


@dataclass(frozen=True, slots=True)
class _KeyForm:
    column: str
    sql: str
    values: Sequence[Any]

    @classmethod
    def of(cls, row: SortIndex) -> "_KeyForm":
        kind = FIELD_TYPES[row.type]
        sql, values = key_sql(kind, row.field.key)
        return cls(key_column(kind), sql, values)


def _run(sql: str, values: Sequence[Any]) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        rows: list[Any] = cursor.fetchall()
        return rows


def _write(sql: str, values: Sequence[Any]) -> int:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return int(cursor.rowcount)
