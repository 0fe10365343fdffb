"""Reads the chain from its beginning. A row's hash covers its content and the previous hash: a change breaks it or, if
it is recomputed, the next row's link; removing or inserting a row breaks a link.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from django.db import connection

ORIGIN = bytes(32)
_ROWS = """
    SELECT number, hash, previous, id::text, (extract(epoch FROM at) * 1000000)::bigint::text, actor_kind,
           coalesce(actor_id::text, ''), actor, action, coalesce(account_id::text, ''), subject, reason, details::text
      FROM audit_entry WHERE number IS NOT NULL ORDER BY number
"""
_UNCHAINED = "SELECT id FROM audit_entry WHERE number IS NULL OR hash IS NULL ORDER BY id"
_FETCH_ROWS = 5_000


class DamageKind(StrEnum):
    CHANGED = "changed"
    REMOVED = "removed"
    INSERTED = "inserted"


@dataclass(frozen=True, slots=True)
class Damage:
    """Damage to one row: `number` is its position in the chain, `text` describes what is wrong."""

    kind: DamageKind
    number: int
    text: str


@dataclass(frozen=True, slots=True)
class ChainReport:
    """The result of reading the whole log; `head` is the newest hash in hex, to note elsewhere and compare later."""

    rows: int
    head: str
    damages: tuple[Damage, ...]

    @property
    def whole(self) -> bool:
        return not self.damages


@dataclass(frozen=True, slots=True)
class _Row:
    number: int
    hash: bytes
    previous: bytes
    content: tuple[str, ...]

    @property
    def true_hash(self) -> bytes:
        whole = hashlib.sha256(self.previous)
        for part in self.content:
            raw = part.encode()
            whole.update(b"%d:%b" % (len(raw), raw))
        return whole.digest()


def verify() -> ChainReport:
    """Read and check the whole log. Requires the platform's scope, which alone sees all of it."""
    damages: list[Damage] = []
    before, last, count = ORIGIN, None, 0
    for row in _rows():
        count += 1
        damages += _link(row, last, before)
        if row.true_hash != row.hash:
            damages.append(Damage(DamageKind.CHANGED, row.number, f"row {row.number} was changed"))
        before, last = (last.hash if last else ORIGIN), row
    damages += _end(last)
    return ChainReport(count, (last.hash if last else ORIGIN).hex(), tuple(damages))


def _rows() -> Iterator[_Row]:
    with connection.cursor() as cursor:
        cursor.execute(_ROWS)
        while rows := cursor.fetchmany(_FETCH_ROWS):
            for number, own, previous, *content in rows:
                yield _Row(number, bytes(own), bytes(previous), tuple(content))


def _link(row: _Row, last: _Row | None, before: bytes) -> list[Damage]:
    """Check how `row` is chained to `last`; `before` is the hash of the row before `last`."""
    next_number = last.number + 1 if last else 1
    if row.number > next_number:
        return [
            Damage(DamageKind.REMOVED, number, f"row {number} is missing") for number in range(next_number, row.number)
        ]
    if row.previous == (last.hash if last else ORIGIN):
        return []
    if last is None:
        return [Damage(DamageKind.REMOVED, row.number, f"rows before row {row.number} are missing")]
    if row.previous == before:
        return [Damage(DamageKind.INSERTED, last.number, f"row {last.number} was put in later")]
    text = f"row {last.number} was changed and its hash made anew, or rows after it were cut out"
    return [Damage(DamageKind.CHANGED, last.number, text)]


def _end(last: _Row | None) -> list[Damage]:
    number, own = (last.number, last.hash) if last else (0, ORIGIN)
    damages = []
    with connection.cursor() as cursor:
        cursor.execute("SELECT number, hash FROM audit_head")
        head_number, head_hash = cursor.fetchone() or (0, ORIGIN)
        cursor.execute(_UNCHAINED)
        strays = [row[0] for row in cursor.fetchall()]
    for missing in range(number + 1, head_number + 1):
        damages.append(Damage(DamageKind.REMOVED, missing, f"row {missing} is missing at the end"))
    for added in range(head_number + 1, number + 1):
        damages.append(Damage(DamageKind.INSERTED, added, f"row {added} was put on the end past the database's rules"))
    if number == head_number and own != bytes(head_hash):
        damages.append(Damage(DamageKind.CHANGED, number, f"row {number} was changed and its hash made anew"))
    for stray in strays:
        damages.append(Damage(DamageKind.INSERTED, stray, f"the row with id {stray} is not chained"))
    return damages
