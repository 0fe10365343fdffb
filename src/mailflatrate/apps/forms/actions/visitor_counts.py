"""Visitors of other pages than forms, in the same counters (R-35)."""

from collections.abc import Sequence
from datetime import datetime

from django.db import connection, transaction

_COUNT = """
INSERT INTO signup_counter AS c (key, count, expires_at)
SELECT key, 1, %(until)s FROM (SELECT DISTINCT unnest(%(keys)s::bytea[]) AS key ORDER BY 1) k
ON CONFLICT (key) DO UPDATE SET count = c.count + 1
RETURNING key, count
"""


def counted(keys: Sequence[bytes]) -> dict[bytes, int]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT key, count FROM signup_counter WHERE key = ANY(%s)", [list(keys)])
        return {bytes(key): seen for key, seen in cursor.fetchall()}


@transaction.atomic
def count(keys: Sequence[bytes], until: datetime) -> dict[bytes, int]:
    """Return the totals. Counters are deleted after `until`."""
    with connection.cursor() as cursor:
        cursor.execute(_COUNT, {"keys": list(keys), "until": until})
        return {bytes(key): seen for key, seen in cursor.fetchall()}
