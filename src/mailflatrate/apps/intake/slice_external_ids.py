"""Ids of the customer's own system, given in the slice's transaction."""

from collections.abc import Sequence
from typing import Any

from mailflatrate.apps.intake.models import Import

_STAGED = """
FROM import_staging st
CROSS JOIN LATERAL (
    SELECT id, external_id FROM contact WHERE account_id = %(account_id)s AND address_key = st.address_key LIMIT 1
) c
WHERE st.external_id IS NOT NULL AND st.line <> ALL(%(refused)s)
"""
# Of two rows with one id the first wins. An id that another contact has stays there.
_GIVE = f"""
WITH wanted AS (
    SELECT DISTINCT ON (st.external_id) st.external_id, c.id {_STAGED}
    ORDER BY st.external_id, c.external_id = st.external_id DESC NULLS LAST, st.line
)
UPDATE contact c SET external_id = w.external_id, updated_at = now()
FROM wanted w
WHERE c.account_id = %(account_id)s AND c.id = w.id AND c.external_id IS DISTINCT FROM w.external_id
    AND NOT EXISTS (
        SELECT 1 FROM contact o WHERE o.account_id = %(account_id)s AND o.external_id = w.external_id
    )
"""  # noqa: S608  # made of constants
_COUNT_TAKEN = f"SELECT count(*) {_STAGED} AND c.external_id IS DISTINCT FROM st.external_id"  # noqa: S608


def give_external_ids_of_slice(cursor: Any, job: Import, refused_lines: Sequence[int]) -> int:
    values = {"account_id": job.account_id, "refused": list(refused_lines)}
    cursor.execute(_GIVE, values)
    cursor.execute(_COUNT_TAKEN, values)
    return int(cursor.fetchone()[0])
