"""Rows of suppressions: the keyed hash, reason, date, and the address if a contact still has it."""

from collections.abc import Iterator, Sequence

from django.db import connection

from mailflatrate.apps.consent.ledger import moment_sql
from mailflatrate.apps.segments.exports.file_formats import Value
from mailflatrate.apps.segments.models import Export
from mailflatrate.base import tenancy
from mailflatrate.rules import sql

PAGE_ROWS = 5_000
COLUMNS = ("address_hash", "email", "state", "reason", "since")
# The words of `state` are those that importers, ours too, read as a no of the same kind.
STATE_SQL = """CASE x.reason WHEN 'hard_bounce' THEN 'bounced' WHEN 'soft_bounce' THEN 'bounced'
    WHEN 'complaint' THEN 'complained' WHEN 'objection' THEN 'unsubscribed' WHEN 'unsubscribe' THEN 'unsubscribed'
    WHEN 'erased' THEN 'unsubscribed' WHEN 'manual' THEN 'blocked' END"""
_ROWS = f"""
SELECT x.id, encode(x.address_key, 'hex'), coalesce(c.email, ''), {STATE_SQL}, x.reason, {moment_sql("x.created_at")}
FROM suppression x LEFT JOIN contact c ON c.account_id = x.account_id AND c.address_key = x.address_key
WHERE x.account_id = %s AND {sql.in_force("x")} AND x.id > %s ORDER BY x.id LIMIT %s
"""  # noqa: S608  # made of constants


class SuppressionRows:
    """The account's own; those of the platform belong to no account."""

    columns: Sequence[str] = COLUMNS

    def __init__(self, job: Export) -> None:
        self._account_id = job.account_id

    def pages(self) -> Iterator[tuple[int, list[Sequence[Value]]]]:
        after = 0
        while True:
            with tenancy.account(self._account_id), connection.cursor() as cursor:
                cursor.execute(_ROWS, [self._account_id, after, PAGE_ROWS])
                rows = cursor.fetchall()
            if not rows:
                return
            after = rows[-1][0]
            yield len(rows), [row[1:] for row in rows]


def count_suppressions() -> int:
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT count(*) FROM suppression WHERE account_id = %s AND {sql.in_force('suppression')}",  # noqa: S608
            [tenancy.current_account_id()],
        )
        row = cursor.fetchone()
    return int(row[0]) if row else 0
