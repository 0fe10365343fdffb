"""Texts that may name people by their address, and how it is taken out (R-94); searched once for all together."""

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from django.db import connection

from mailflatrate.apps.privacy.people import ErasedPeople


@dataclass(frozen=True, slots=True)
class _Text:
    """Columns that are searched. Rows that name someone store `{}`, the text with `instead` for each address, or are
    deleted if nothing is stored. `owner`: the column of a contact, with whom the row is deleted.
    """

    table: str
    searched: tuple[str, ...]
    changed: Mapping[str, str]
    owner: str = "NULL::bigint"
    instead: str = ""

    @property
    def is_kept(self) -> bool:
        """Return whether the rest of a text stays, so that it may name more people."""
        return any("{}" in stored for stored in self.changed.values())


def _json(table: str, *columns: str, instead: str = "") -> _Text:
    return _Text(table, columns, dict.fromkeys(columns, "({})::jsonb"), instead=instead)


ERASED: Final = "erased@example.invalid"
"""No one's (RFC 2606): a condition stays readable, and no one meets it. Triggers that freeze versions know it."""


# Under the application role, so within the account.
_TEXTS: dict[str, _Text] = {
    "versions": _json("campaign_version", "values"),
    # A comment is never changed, only taken back.
    "comments": _Text("campaign_comment", ("text",), {"text": "''", "deleted_at": "now()"}),
    "notes": _Text("contact_note", ("text",), {"text": "coalesce(nullif({}, ''), '–')"}, "contact_id"),
    "refused_rows": _Text("import_refusal", ("row", "suggestion"), {}),
    "suppression_rows": _Text("suppression_file_row", ("row",), {}),
    "segments": _json("segment", "conditions"),
    "export_segments": _json("export", "conditions"),
    "bulk_actions": _json("bulk_action", "selection", "parameters"),
    "audiences": _json("campaign", "conditions", "excluded_segments"),
    "automations": _json("automation_version", "graph", instead=ERASED),
    "automation_drafts": _json("automation_snapshot", "graph", instead=ERASED),
    "automation_steps": _json("automation_step", "parameters", instead=ERASED),
}
_READ_ROWS = 2_000


def wipe_texts(people: ErasedPeople) -> dict[str, Counter[int]]:
    """Returns the rows of each kind by place, counted as if people were erased one after another: an address that was
    removed as part of a longer one isn't counted again.
    """
    return {name: _wipe(text, people) for name, text in _TEXTS.items()}


def _wipe(text: _Text, people: ErasedPeople) -> Counter[int]:
    counts: Counter[int] = Counter()
    named: dict[int, list[int]] = {}
    for row_id, owner, content in _texts_with_addresses(text, people.account_id):
        last = people.contacts.get(owner, len(people.contacts))
        places = [place for place in _taken_out(content, people) if place <= last]
        if places:
            named[row_id] = places
            counts.update(places if text.is_kept else places[:1])
    if named:
        _change(text, people, named)
    return counts


def _texts_with_addresses(text: _Text, account_id: int) -> Iterator[tuple[int, int, str]]:
    columns = ", ".join(f'"{column}"::text' for column in text.searched)
    with connection.chunked_cursor() as cursor:
        cursor.execute(
            f"SELECT id, owner, lower(said)"  # noqa: S608  made of constants
            f" FROM (SELECT id, {text.owner} AS owner, concat_ws(E'\\n', {columns}) AS said"
            f" FROM \"{text.table}\" WHERE account_id = %s) AS texts WHERE strpos(said, '@') > 0 ORDER BY id",
            [account_id],
        )
        while rows := cursor.fetchmany(_READ_ROWS):
            yield from rows


def _taken_out(content: str, people: ErasedPeople) -> list[int]:
    """Return the places of the people whose address is still in a text when it is their turn."""
    places = []
    for place in sorted(people.search.named_in(content.encode())):
        if people.search.emails[place] in content:
            places.append(place)
            content = content.replace(people.search.emails[place], "")
    return places


def _change(text: _Text, people: ErasedPeople, named: Mapping[int, Sequence[int]]) -> None:
    with connection.cursor() as cursor:
        if not text.changed:
            cursor.execute(
                f'DELETE FROM "{text.table}" WHERE account_id = %s AND id = ANY(%s::bigint[])',  # noqa: S608
                [people.account_id, list(named)],
            )
            return
        changes = ", ".join(
            f'"{column}" = {template.format(_without(text, column))}' for column, template in text.changed.items()
        )
        patterns = [
            json.dumps([re.escape(people.search.emails[place]) for place in places]) for places in named.values()
        ]
        cursor.execute(
            f'UPDATE "{text.table}" SET {changes}'  # noqa: S608  made of constants
            " FROM unnest(%s::bigint[], %s::text[]) AS named (id, patterns)"
            f" WHERE {text.table}.account_id = %s AND {text.table}.id = named.id",
            [list(named), patterns, people.account_id],
        )


def _without(text: _Text, column: str) -> str:
    """Return SQL for the text of a column without the addresses of `named.patterns`, taken out one after another."""
    return (
        f'(WITH RECURSIVE fold (said, n) AS (SELECT {text.table}."{column}"::text, 0 UNION ALL'  # noqa: S608  constants
        f" SELECT regexp_replace(said, named.patterns::jsonb ->> n, '{text.instead}', 'gi'), n + 1"
        " FROM fold WHERE n < jsonb_array_length(named.patterns::jsonb))"
        " SELECT said FROM fold ORDER BY n DESC LIMIT 1)"
    )
