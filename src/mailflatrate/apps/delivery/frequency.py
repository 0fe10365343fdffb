"""Finds until when people must not get another message, from the number of messages they got or are about to get."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from django.db import connection

from mailflatrate.base import clock, tenancy

# The oldest of the last so many messages, and when it is long enough ago.
_RESTS = """
SELECT q.reference, max(rest.ends_at)
FROM unnest(%(references)s::bigint[], %(contacts)s::bigint[], %(messages)s::int[], %(days)s::int[], %(lists)s::bigint[],
    %(steps)s::boolean[]) AS q (reference, contact_id, messages, days, list_id, only_steps)
CROSS JOIN LATERAL (
    SELECT greatest(b.granted_at, b.settled_at) + q.days * interval '1 day' AS ends_at FROM delivery b
    WHERE b.account_id = %(account_id)s AND b.contact_id = q.contact_id AND b.campaign_id IS NOT NULL
        AND b.state IN ('sent', 'pending', 'deferred', 'in_doubt')
        AND (q.list_id IS NULL OR b.mailing_list_id = q.list_id)
        AND (NOT q.only_steps OR b.enrolment_id IS NOT NULL)
    ORDER BY greatest(b.granted_at, b.settled_at) DESC OFFSET q.messages - 1 LIMIT 1
) rest
WHERE rest.ends_at > %(now)s
GROUP BY 1
"""
_ARCHIVED = """
SELECT q.reference, m.sent_at + q.days * interval '1 day'
FROM unnest(%(references)s::bigint[], %(contacts)s::bigint[], %(days)s::int[]) AS q (reference, contact_id, days)
JOIN last_mailing m ON m.contact_id = q.contact_id AND m.account_id = %(account_id)s
WHERE m.sent_at + q.days * interval '1 day' > %(now)s
"""


class FrequencyLimit(NamedTuple):
    """A maximum number of messages within a number of days to one contact: of one list, of automations only, or of any
    kind.

    `reference` identifies the limit for the caller.
    """

    reference: int
    contact_id: int
    messages: int
    days: int
    list_id: int | None = None
    only_steps: bool = False


@tenancy.needs_account
def rests_until(limits: Sequence[FrequencyLimit]) -> dict[int, datetime]:
    """Return, by reference, the time until which no further message may follow; references that may get one now are
    missing.
    """
    if not limits:
        return {}
    now, account_id = clock.now(), tenancy.current_account_id()
    references, contacts, messages, days, lists, steps = (list(column) for column in zip(*limits, strict=True))
    with connection.cursor() as cursor:
        cursor.execute(
            _RESTS,
            {
                "references": references,
                "contacts": contacts,
                "messages": messages,
                "days": days,
                "lists": lists,
                "steps": steps,
                "account_id": account_id,
                "now": now,
            },
        )
        found: dict[int, datetime] = dict(cursor.fetchall())
        single = [limit for limit in limits if limit.messages == 1 and limit.list_id is None and not limit.only_steps]
        values = {
            "references": [limit.reference for limit in single],
            "contacts": [limit.contact_id for limit in single],
        }
        cursor.execute(
            _ARCHIVED, values | {"days": [each.days for each in single], "account_id": account_id, "now": now}
        )
        for reference, ends_at in cursor.fetchall():
            found[reference] = max(ends_at, found.get(reference, ends_at))
    return found
