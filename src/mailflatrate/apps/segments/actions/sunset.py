"""Removes people who were asked whether they want to stay and did not answer (R-91)."""

from django.db import connection

from mailflatrate.apps.lists.consent_sets import unsubscribe_many
from mailflatrate.apps.segments.builders import conditions_sql
from mailflatrate.apps.segments.inactive import inactive_conditions
from mailflatrate.base import audit, jobs, tenancy
from mailflatrate.rules import sql

SUNSET_JOB = "segments.withdraw_silent"
SLICE = 1_000

_SILENT = """
SELECT DISTINCT s.contact_id FROM subscription s
JOIN contact c ON c.id = s.contact_id AND c.account_id = s.account_id
WHERE s.account_id = %s AND {is_confirmed} AND s.contact_id > %s AND {segment}
ORDER BY s.contact_id LIMIT %s
"""


def ask_withdrawal(campaign_id: int, number: int, *, by: audit.Actor) -> None:
    """A job unsubscribes those still inactive, at the customer's request."""
    audit.record(
        "people.withdrawn",
        by=by,
        account_id=tenancy.current_account_id(),
        subject=f"campaign:{campaign_id}",
        details={"people": number, "rule": "R-91"},
    )
    jobs.defer(
        SUNSET_JOB,
        jobs.JobQueue.HOUSE,
        once=f"sunset:{campaign_id}",
        account_id=tenancy.current_account_id(),
        campaign_id=campaign_id,
        after=0,
    )


def withdraw_inactive(campaign_id: int, after: int) -> int | None:
    """The last one's id, None if none is left. Resumable. Contacts who reacted meanwhile stay."""
    segment, values = conditions_sql(inactive_conditions(asked_by=campaign_id))
    with connection.cursor() as cursor:
        cursor.execute(
            _SILENT.format(segment=segment, is_confirmed=sql.is_confirmed("s.state")),
            [tenancy.current_account_id(), after, *values, SLICE],
        )
        contact_ids = [contact_id for (contact_id,) in cursor.fetchall()]
    unsubscribe_many(contact_ids, list_id=None, by="sunset", source=f"campaign {campaign_id}: asked, no answer (R-91)")
    return contact_ids[-1] if contact_ids else None
