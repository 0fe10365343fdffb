"""Adds up the counts of versions: one batch writes many rows, and each group becomes a single one."""

from django.db import connection

from mailflatrate.base import tenancy
from mailflatrate.base.tenancy import PlatformReason

MANY_ROWS = 200
_MANY = "SELECT account_id, version_id FROM automation_count GROUP BY 1, 2 HAVING count(*) > %s"
_FOLD = """
WITH gone AS (
    DELETE FROM automation_count WHERE account_id = %(account_id)s AND version_id = %(version_id)s
    RETURNING step, what, detail, count
)
INSERT INTO automation_count (account_id, version_id, step, what, detail, count)
SELECT %(account_id)s, %(version_id)s, step, what, detail, sum(count) FROM gone GROUP BY step, what, detail
"""


def fold_counts(many_rows: int = MANY_ROWS) -> int:
    """Add up the counts of versions that have many rows; return the number of versions."""
    with tenancy.platform(PlatformReason.HOUSEKEEPING), connection.cursor() as cursor:
        cursor.execute(_MANY, [many_rows])
        found = cursor.fetchall()
    for account_id, version_id in found:
        with tenancy.account(account_id), connection.cursor() as cursor:
            cursor.execute(_FOLD, {"account_id": account_id, "version_id": version_id})
    return len(found)
