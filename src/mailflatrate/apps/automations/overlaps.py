"""Automations of one list that the same moment starts: we warn author and reviewer, and send equal messages once."""

from collections.abc import Sequence

from django.db import connection
from django.db.models import Q

from mailflatrate.apps.automations.graphs import graph_of
from mailflatrate.apps.automations.models import Automation, AutomationState, AutomationVersion, VersionState
from mailflatrate.apps.campaigns.models import Campaign
from mailflatrate.base import tenancy
from mailflatrate.rules.automations.graph import Entry
from mailflatrate.rules.campaigns.campaign_states import EDITABLE

SAME_MOMENT_HOURS = 24
"""Enrolments that began within this time of each other have the same cause, if both lead to the same message."""
_TEXT = ("subject", "preheader", "content_kind", "content", "text_override")
_LOCK = "SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))"
_HAVE = f"""
SELECT DISTINCT mine.id FROM enrolment mine
JOIN delivery_record d ON d.account_id = mine.account_id AND d.contact_id = mine.contact_id
    AND d.campaign_id = ANY(%(twins)s::bigint[]) AND d.state NOT IN ('withheld', 'cancelled')
JOIN enrolment other ON other.account_id = d.account_id AND other.id = d.enrolment_id
    AND other.entered_at BETWEEN mine.entered_at - interval '{SAME_MOMENT_HOURS} hours'
        AND mine.entered_at + interval '{SAME_MOMENT_HOURS} hours'
WHERE mine.account_id = %(account_id)s AND mine.id = ANY(%(enrolments)s::bigint[])
"""  # noqa: S608  # made of constants


@tenancy.needs_account
def overlaps_of(version: AutomationVersion) -> list[tuple[Automation, list[str]]]:
    """Running ones, or about to, that the same moment starts for one person; with the subjects that both send."""
    graph, automation = graph_of(version), version.automation
    messages = list(Campaign.objects.filter(id__in=graph.campaigns()))
    live = AutomationVersion.objects.filter(
        state__in=(VersionState.CURRENT, VersionState.RELEASING), automation__mailing_list_id=automation.mailing_list_id
    ).exclude(automation_id=automation.id)
    overlaps = []
    rows = live.exclude(automation__state=AutomationState.ENDED).select_related("automation")
    for other in rows.order_by("automation_id"):
        theirs = graph_of(other)
        ids = theirs.campaigns()
        if ids and messages and _overlap(graph.entry, theirs.entry):
            same = Campaign.objects.filter(_alike(messages), id__in=ids)
            overlaps.append((other.automation, list(same.values_list("subject", flat=True))))
    return overlaps


def _overlap(entry: Entry, other: Entry) -> bool:
    """Return whether one moment can start both: the same kind, and nothing that tells them apart."""
    if entry.on is not other.on:
        return False
    if entry.form and other.form and entry.form != other.form:
        return False
    return all(getattr(entry, name) == getattr(other, name) for name in ("segment", "tag", "campaign", "name", "field"))


def _alike(messages: Sequence[Campaign]) -> Q:
    condition = Q(id__in=())
    for message in messages:
        condition |= Q(**{name: getattr(message, name) for name in _TEXT})
    return condition


def have_it(message: Campaign, enrolment_ids: Sequence[int]) -> frozenset[int]:
    """Enrolments whose contact gets exactly this from another automation; a lock until commit takes turns."""
    others = Campaign.objects.filter(_alike([message]), automation_id__isnull=False)
    twins = list(others.exclude(automation_id=message.automation_id).exclude(state__in=EDITABLE))
    if not twins or not enrolment_ids:
        return frozenset()
    first = min(twin.id for twin in (*twins, message))
    with connection.cursor() as cursor:
        cursor.execute(_LOCK, [f"automations.same_message:{message.account_id}:{first}"])
        cursor.execute(
            _HAVE,
            {
                "account_id": message.account_id,
                "twins": [twin.id for twin in twins],
                "enrolments": list(enrolment_ids),
            },
        )
        return frozenset(number for (number,) in cursor.fetchall())
