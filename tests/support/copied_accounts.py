"""Copies of an account that the product made: the same rows under numbers and an address of their own.

The first account of a kind takes every step that the product takes. Tests that begin with one like it take a copy,
which is some milliseconds instead of 200. Its log is written through the triggers that chain it. What the product left
in the queue for the first one, and the emails it wrote, are not copied.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connections, transaction

from mailflatrate.base import clock

_TABLES = """
SELECT c.relname,
    (SELECT pg_get_serial_sequence(quote_ident(c.relname), 'id') FROM pg_attribute
        WHERE attrelid = c.oid AND attname = 'id'),
    coalesce((SELECT json_object_agg(a.attname, f.confrelid::regclass)
        FROM pg_constraint f, unnest(f.conkey, f.confkey) AS pair (here, there)
        JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = pair.here
        WHERE f.contype = 'f' AND f.conrelid = c.oid AND pair.there = (
            SELECT attnum FROM pg_attribute WHERE attrelid = f.confrelid AND attname = 'id')), '{}'),
    (SELECT array_agg(attname::text) FROM pg_attribute WHERE attrelid = c.oid AND atttypid = 'timestamptz'::regtype)
FROM pg_class c
WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition
    AND (c.relname IN ('account', 'user_account') OR EXISTS (
        SELECT 1 FROM pg_attribute WHERE attrelid = c.oid AND attname = 'account_id' AND NOT attisdropped))
"""
_MINE = {
    "account": "id = %(account)s",
    "user_account": "id IN (SELECT user_id FROM membership WHERE account_id = %(account)s)",
}
_LEFT_TO_THE_DATABASE = {"audit_entry": ("id", "number", "previous", "hash"), "outbox_event": ("id", "xid", "at")}
_LOGGED = "audit_entry"
_NAMED_IN_JSON = {
    "decision": "vetting_decision",
    "list": "mailing_list",
    "list_id": "mailing_list",
    "origin_id": "list_origin",
}
_NAMED_IN_SUBJECTS = {"account": "account", "list": "mailing_list", "origin": "list_origin", "user": "user_account"}
_SUBJECT = re.compile(r"([a-z_]+):(\d+)")

Row = dict[str, Any]
Numbers = Mapping[str, Mapping[int, int]]


@dataclass(frozen=True)
class AccountRows:
    """Rows of an account in one table: the sequence of their ids, where columns lead, and which columns are times."""

    name: str
    sequence: str | None
    references: dict[str, str]
    times: frozenset[str]
    rows: list[Row]

    def renamed(self, numbers: Numbers, names: Mapping[str, str], passed: timedelta) -> list[Row]:
        """Its rows under other numbers, as if everything had happened later."""

        def value_of(column: str, value: Any) -> Any:
            if value is not None and column in self.times:
                return (datetime.fromisoformat(value) + passed).isoformat()
            leads_to = self.name if column == "id" else self.references.get(column)
            return numbers.get(leads_to, {}).get(value, value) if leads_to else _renamed(value, numbers, names)

        return [{column: value_of(column, value) for column, value in row.items()} for row in self.rows]


def _renamed(value: Any, numbers: Numbers, names: Mapping[str, str]) -> Any:
    """Replace names, and numbers where a text or an object names a row."""
    if isinstance(value, dict):
        return {
            key: numbers.get(_NAMED_IN_JSON[key], {}).get(each, each)
            if key in _NAMED_IN_JSON
            else _renamed(each, numbers, names)
            for key, each in value.items()
        }
    if not isinstance(value, str):
        return value
    found = _SUBJECT.fullmatch(value)
    if found:
        table, number = _NAMED_IN_SUBJECTS.get(found[1], found[1]), int(found[2])
        return f"{found[1]}:{numbers.get(table, {}).get(number, number)}"
    return names.get(value, value)


class AccountCopies:
    """The rows of an account as they are now, and copies of them."""

    def __init__(self, account_id: int) -> None:
        self._taken_at = clock.now()
        with connections["owner"].cursor() as cursor:
            cursor.execute(_TABLES)
            tables = cursor.fetchall()
            named = [
                f"SELECT %(name{number})s, json_agg(t) FROM (SELECT * FROM {name}"
                f" WHERE {_MINE.get(name, 'account_id = %(account)s')} ORDER BY 1) AS t HAVING count(*) > 0"
                for number, (name, *_rest) in enumerate(tables)
            ]
            values = {f"name{number}": name for number, (name, *_rest) in enumerate(tables)}
            cursor.execute(" UNION ALL ".join(named), values | {"account": account_id})
            rows = dict(cursor.fetchall())
        self.tables = [
            AccountRows(
                name,
                None if name in _LEFT_TO_THE_DATABASE else sequence,
                {"account_id": "account"} | references | ({"actor_id": "user_account"} if name == _LOGGED else {}),
                frozenset(times or ()),
                [_without(row, _LEFT_TO_THE_DATABASE.get(name, ())) for row in rows[name]],
            )
            for name, sequence, references, times in tables
            if name in rows and name != "notice"
        ]

    def value(self, table: str, column: str) -> str:
        """The text in the first row of a table."""
        return str(next(each.rows[0][column] for each in self.tables if each.name == table))

    def copy(self, names: Mapping[str, str]) -> Numbers:
        """Write a copy in which names and addresses are other ones; the new numbers of its rows by table and number."""
        passed = clock.now() - self._taken_at
        with transaction.atomic(using="owner"), connections["owner"].cursor() as cursor:
            numbers = self._numbers(cursor)
            statements, values = ["SET LOCAL session_replication_role = replica"], []
            for table in sorted(self.tables, key=lambda each: each.name == _LOGGED):
                if table.name == _LOGGED:
                    statements.append("SET LOCAL session_replication_role = origin")
                columns = ", ".join(f'"{column}"' for column in table.rows[0])
                statements.append(
                    f"INSERT INTO {table.name} ({columns})"
                    f" SELECT {columns} FROM json_populate_recordset(NULL::{table.name}, %s)"
                )
                values.append(json.dumps(table.renamed(numbers, names, passed)))
            cursor.execute("; ".join(statements), values)
        return numbers

    def _numbers(self, cursor: Any) -> Numbers:
        numbered = [(table, row["id"]) for table in self.tables if table.sequence for row in table.rows]
        cursor.execute("SELECT " + ", ".join(f"nextval('{table.sequence}')" for table, _old in numbered))
        found: dict[str, dict[int, int]] = {}
        for (table, old), new in zip(numbered, cursor.fetchone(), strict=True):
            found.setdefault(table.name, {})[old] = new
        return found


def _without(row: Row, columns: tuple[str, ...]) -> Row:
    return {column: value for column, value in row.items() if column not in columns}
