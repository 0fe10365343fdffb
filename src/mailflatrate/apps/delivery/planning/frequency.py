"""Until when people must not get another message, by the messages they got or are about to get."""

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
# The last ones of each list and of steps: no limit counts more.
_RECENT = """
SELECT at, mailing_list_id, is_step FROM (
    SELECT greatest(b.granted_at, b.settled_at) AS at, b.mailing_list_id, b.enrolment_id IS NOT NULL AS is_step,
        row_number() OVER (PARTITION BY b.mailing_list_id, b.enrolment_id IS NOT NULL
            ORDER BY greatest(b.granted_at, b.settled_at) DESC) AS place
    FROM delivery b
    WHERE b.account_id = %(account_id)s AND b.contact_id = %(contact_id)s AND b.campaign_id IS NOT NULL
        AND b.state IN ('sent', 'pending', 'deferred', 'in_doubt')
) recent WHERE place <= %(most)s
UNION ALL
SELECT m.sent_at, NULL, false FROM last_mailing m
WHERE m.account_id = %(account_id)s AND m.contact_id = %(contact_id)s
"""


class RecentMessage(NamedTuple):
    """List None: sent by another system before a move."""

    at: datetime
    list_id: int | None
    is_step: bool


class FrequencyLimit(NamedTuple):
    """At most so many messages in so many days to one contact. `reference` is the caller's."""

    reference: int
    contact_id: int
    messages: int
    days: int
    list_id: int | None = None
    only_steps: bool = False

    def counts(self, message: RecentMessage) -> bool:
        if message.list_id is None:
            return self.messages == 1 and self.list_id is None and not self.only_steps
        return (self.list_id in (None, message.list_id)) and (message.is_step or not self.only_steps)


@tenancy.needs_account
def rests_until(limits: Sequence[FrequencyLimit]) -> dict[int, datetime]:
    """By reference; references that may get a message now are missing."""
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
        ends: dict[int, datetime] = dict(cursor.fetchall())
        single = [limit for limit in limits if limit.messages == 1 and limit.list_id is None and not limit.only_steps]
        values = {
            "references": [limit.reference for limit in single],
            "contacts": [limit.contact_id for limit in single],
        }
        cursor.execute(
            _ARCHIVED,
            values | {"days": [single_limit.days for single_limit in single], "account_id": account_id, "now": now},
        )
        for reference, ends_at in cursor.fetchall():
            ends[reference] = max(ends_at, ends.get(reference, ends_at))
    return ends


@tenancy.needs_account
def recent_messages(contact_id: int, most: int) -> list[RecentMessage]:
    """The last ones of each kind, enough for limits of up to `most` messages."""
    values = {"account_id": tenancy.current_account_id(), "contact_id": contact_id, "most": most}
    with connection.cursor() as cursor:
        cursor.execute(_RECENT, values)
        return [RecentMessage(*row) for row in cursor.fetchall()]
