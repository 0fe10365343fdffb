"""Tags of rows, given in the slice's transaction."""

from collections.abc import Sequence
from typing import Any

from mailflatrate.apps.intake.judging.judged import Slice
from mailflatrate.apps.intake.models import Import
from mailflatrate.apps.lists.errors import ImportProblem, ListError
from mailflatrate.apps.lists.tags import known_or_new

_GIVE_TAGS = """
INSERT INTO contact_tag (account_id, tag_id, contact_id)
SELECT %(account_id)s, t.id, c.id
FROM import_staging st
CROSS JOIN LATERAL jsonb_array_elements_text(st.tags) AS named(folded)
JOIN unnest(%(names)s::text[], %(ids)s::bigint[]) AS t(folded, id) ON t.folded = named.folded
CROSS JOIN LATERAL (
    SELECT id FROM contact WHERE account_id = %(account_id)s AND address_key = st.address_key LIMIT 1
) c
WHERE st.line <> ALL(%(refused)s)
ORDER BY c.id, t.id
ON CONFLICT DO NOTHING
"""


def give_tags_of_slice(cursor: Any, job: Import, part: Slice, refused_lines: Sequence[int]) -> None:
    try:
        tag_ids = known_or_new(part.tags)
    except ListError as error:
        raise ImportProblem(str(error)) from error
    # Until the end of this transaction nobody deletes them.
    keep = "SELECT id FROM tag WHERE account_id = %s AND id = ANY(%s) FOR KEY SHARE"
    cursor.execute(keep, [job.account_id, list(tag_ids.values())])
    kept = {int(tag_id) for (tag_id,) in cursor.fetchall()}
    tag_ids = {folded: tag_id for folded, tag_id in tag_ids.items() if tag_id in kept}
    cursor.execute(
        _GIVE_TAGS,
        {
            "account_id": job.account_id,
            "names": list(tag_ids),
            "ids": list(tag_ids.values()),
            "refused": list(refused_lines),
        },
    )
