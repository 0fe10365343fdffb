"""Lets people enter: only those confirmed for the list and suppressed nowhere. Their subscriptions stay locked until
commit, so that a withdrawal meanwhile finds the enrolment.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from django.db import connection

from mailflatrate.apps.automations.engine.context import BATCH, NotedArrival, VersionRun
from mailflatrate.apps.automations.engine.event_waits import end_waits
from mailflatrate.apps.automations.engine.moving import arrive, count
from mailflatrate.apps.automations.figures import ENTERED, WHOLE
from mailflatrate.base import tenancy
from mailflatrate.rules import sql
from mailflatrate.rules.automations.graph import ReentryMode

_TAKE_ARRIVALS = """
DELETE FROM automation_arrival WHERE id IN (
    SELECT id FROM automation_arrival WHERE account_id = %s AND automation_id = %s
    ORDER BY id LIMIT %s FOR UPDATE SKIP LOCKED)
RETURNING id, contact_id, at, event
"""
_ENROL = f"""
WITH people AS MATERIALIZED (
    SELECT contact_id, min(at) AS at FROM unnest(%(contacts)s::bigint[], %(ats)s::timestamptz[]) AS p (contact_id, at)
    GROUP BY 1
), allowed AS MATERIALIZED (
    SELECT s.contact_id, s.consent_event_id, p.at
    FROM people p
    JOIN subscription s ON s.account_id = %(account_id)s AND s.mailing_list_id = %(list_id)s
        AND s.contact_id = p.contact_id AND {sql.is_confirmed("s.state")}
    JOIN contact c ON c.id = s.contact_id AND c.account_id = s.account_id
    WHERE {sql.suppressed("s.account_id", "c.address_key")} IS FALSE
        AND (%(form)s::text IS NULL OR EXISTS (
            SELECT 1 FROM consent_evidence v WHERE v.account_id = s.account_id AND v.event_id = s.consent_event_id
                AND v.details->>'form' = %(form)s::text))
    ORDER BY s.contact_id FOR SHARE OF s
), ready AS (
    SELECT a.*, coalesce(last.run, 0) + 1 AS run
    FROM allowed a
    LEFT JOIN LATERAL (
        SELECT max(e.run) AS run, bool_or(e.state = 'active') AS is_active, max(e.entered_at) AS entered_at,
            max(e.ended_at) AS ended_at
        FROM enrolment e WHERE e.account_id = %(account_id)s AND e.contact_id = a.contact_id
            AND e.automation_id = %(automation_id)s) last ON true
    WHERE last.run IS NULL OR (
        NOT last.is_active AND %(again)s AND last.entered_at <= %(since)s AND last.ended_at <= %(ended_before)s)
)
INSERT INTO enrolment (account_id, automation_id, version_id, contact_id, mailing_list_id, consent_event_id, run, step,
    due_at, entered_at)
SELECT %(account_id)s, %(automation_id)s, %(version_id)s, contact_id, %(list_id)s, consent_event_id, run, %(step)s, at,
    %(now)s
FROM ready ORDER BY contact_id
ON CONFLICT DO NOTHING RETURNING id
"""  # noqa: S608  # made of constants


class ArrivalsTaken(NamedTuple):
    """Whether there may be more arrivals, and whether people go on in another version of the automation."""

    more: bool
    elsewhere: bool


NOTHING_TAKEN = ArrivalsTaken(False, False)


@tenancy.needs_account
def take_arrivals(run: VersionRun) -> ArrivalsTaken:
    """Also ends waits, in order of time: an event after the one that let a person in ends their wait for it."""
    with connection.cursor() as cursor:
        cursor.execute(_TAKE_ARRIVALS, [run.automation.account_id, run.automation.id, BATCH])
        arrivals = sorted(NotedArrival(*row) for row in cursor.fetchall())
    entries: dict[int, NotedArrival] = {}
    before, after = [], []
    for arrival in arrivals:
        if not arrival.event:
            entries.setdefault(arrival.contact_id, arrival)
        elif arrival.contact_id in entries:
            after.append(arrival)
        else:
            before.append(arrival)
    elsewhere = end_waits(run, before)
    if entries:
        enrol(run, list(entries), [min(arrival.at, run.now) for arrival in entries.values()])
    elsewhere |= end_waits(run, after)
    return ArrivalsTaken(len(arrivals) == BATCH, elsewhere)


def enrol(
    run: VersionRun, contact_ids: Sequence[int], ats: Sequence[datetime], *, since: datetime | None = None
) -> int:
    """`ats`: when their first steps are due. `since`: who entered after it did so by the same cause, and is skipped."""
    reentry = run.graph.reentry
    values: dict[str, Any] = {
        "account_id": run.automation.account_id,
        "automation_id": run.automation.id,
        "version_id": run.version.id,
        "list_id": run.automation.mailing_list_id,
        "contacts": list(contact_ids),
        "ats": list(ats),
        "form": str(run.graph.entry.form) if run.graph.entry.form is not None else None,
        "again": reentry.mode is not ReentryMode.NEVER,
        "since": since or run.now,
        "ended_before": run.now - timedelta(days=reentry.days if reentry.mode is ReentryMode.AFTER else 0),
        "step": run.first.key,
        "now": run.now,
    }
    with connection.cursor() as cursor:
        cursor.execute(_ENROL, values)
        ids = [int(number) for (number,) in cursor.fetchall()]
    if ids:
        count(run, WHOLE, ENTERED, {"": len(ids)})
        arrive(run, run.first, ids)
    return len(ids)
