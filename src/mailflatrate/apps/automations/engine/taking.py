"""Takes people who are due at a step: locks them until the transaction ends, and skips those locked by another one."""

from typing import Any

from django.db import connection

from mailflatrate.apps.automations.engine.context import Person, VersionRun
from mailflatrate.apps.automations.models import AutomationStep
from mailflatrate.apps.segments.builders import conditions_sql, named_sql
from mailflatrate.rules import sql
from mailflatrate.rules.automations.graph import LateRule
from mailflatrate.rules.automations.steps import Branch, Send
from mailflatrate.rules.contacts.local_time import ATTRIBUTES

ZONE = "coalesce({})".format(", ".join(f"nullif(c.attributes->>'{name}', '')" for name in ATTRIBUTES))
# Many are due at the same moment. They are taken in the order of their numbers, so that a batch lies close together.
_TAKE = """
SELECT e.id, e.contact_id, e.consent_event_id, {due}, {zone}, {refusal}, {goal}, {met}, {passed}, c.pause_days,
    c.paused_until, {wording}
FROM enrolment e
JOIN contact c ON c.id = e.contact_id AND c.account_id = e.account_id
{joins}
WHERE e.account_id = %(account_id)s AND e.version_id = %(version_id)s AND e.step = %(step)s AND e.state = 'active'
    AND e.due_at <= %(now)s
ORDER BY e.due_at, e.id LIMIT %(limit)s FOR UPDATE OF e SKIP LOCKED
"""
# What the lock of deliveries asks, so that one person who may not be mailed doesn't hold up the others.
_PERMISSION = f"""
LEFT JOIN subscription s ON s.account_id = e.account_id AND s.mailing_list_id = e.mailing_list_id
    AND s.contact_id = e.contact_id AND s.consent_event_id = e.consent_event_id AND {sql.is_confirmed("s.state")}
{sql.suppression_joins("e.account_id", "c.address_key")}
LEFT JOIN consent_evidence v ON v.event_id = e.consent_event_id AND v.account_id = e.account_id
LEFT JOIN consent_event given ON given.id = e.consent_event_id AND given.account_id = e.account_id
"""
_REFUSAL = f"""CASE WHEN s.id IS NULL OR {sql.consent_ended("given")} THEN 'unsubscribed'
    WHEN own.id IS NOT NULL OR everywhere.id IS NOT NULL THEN 'suppressed' END"""
_PASSED = """EXISTS (SELECT 1 FROM enrolment_passage p
    WHERE p.account_id = e.account_id AND p.enrolment_id = e.id AND p.step = e.step)"""


def take(run: VersionRun, step: AutomationStep, limit: int) -> list[Person]:
    """Lock and return people who are due at a step, longest due first."""
    sends = step.kind == Send.kind
    values: dict[str, Any] = {
        "account_id": run.automation.account_id,
        "version_id": run.version.id,
        "step": step.key,
        "now": run.now,
        "limit": limit,
    }
    goal = met = "false"
    if run.graph.goal is not None and run.graph.goal.condition:
        goal = condition_sql(run.graph.goal.condition, "goal", values)
    if step.kind == Branch.kind:
        met = condition_sql(step.parameters["if"], "branch", values)
    statement = _TAKE.format(  # what no rule of the graph asks for is not read
        due="e.due_at" if run.graph.late is not LateRule.SEND else "NULL::timestamptz",
        zone=ZONE if run.graph.quiet is not None else "NULL::text",
        refusal=_REFUSAL if sends else "NULL::text",
        goal=goal,
        met=met,
        passed=_PASSED if sends and run.version.number > 1 else "false",
        wording="v.details->>'wording'" if sends else "NULL::text",
        joins=_PERMISSION if sends else "",
    )
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return [Person(*row) for row in cursor.fetchall()]


def condition_sql(condition: Any, prefix: str, values: dict[str, Any]) -> str:
    """Return SQL for whether the contact `c` meets a condition; its parameters are added to `values`."""
    expression, named = named_sql(*conditions_sql(condition, "c"))
    for name, value in named.items():
        values[f"{prefix}_{name}"] = value
    return expression.replace("%(segment_", f"%({prefix}_segment_")
