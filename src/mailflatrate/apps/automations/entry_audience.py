"""Who can enter an automation, of the people who are on its list now: its messages are judged by them (R-07, R-13)."""

from typing import Any

from mailflatrate.apps.automations.graphs import graph_of
from mailflatrate.apps.automations.models import Automation
from mailflatrate.apps.automations.queries import newest_version
from mailflatrate.apps.campaigns.recipients import register_entries
from mailflatrate.apps.segments.audience import Audience
from mailflatrate.apps.segments.models import Segment
from mailflatrate.base import tenancy
from mailflatrate.rules.automations.graph import Entry, EntryKind
from mailflatrate.rules.conditions import Field, Op


@tenancy.needs_account
def entry_audience(automation_id: int) -> Audience | None:
    """None if only those can who confirm later, or a reference is missing. Being in a segment before lets no one in."""
    automation = Automation.objects.filter(id=automation_id).first()
    if automation is None:
        return None
    entry = graph_of(newest_version(automation_id)).entry
    lists = [automation.mailing_list_id]
    if entry.on in (EntryKind.SEGMENT_ENTERED, EntryKind.SEGMENT_LEFT):
        segment = Segment.objects.filter(id=entry.segment or 0).first()
        if segment is None:
            return None
        if entry.on is EntryKind.SEGMENT_LEFT:
            return Audience(lists, segment.conditions)
        return Audience(lists, excluded_segments=[segment.conditions])
    conditions = _conditions(entry)
    return None if conditions is None else Audience(lists, conditions)


def _conditions(entry: Entry) -> list[dict[str, Any]] | None:
    """Return the conditions on people who can enter otherwise than by a segment; None if nobody on the list can."""
    match entry.on:
        case EntryKind.DATE if entry.field:
            return [{"field": Field.ATTRIBUTE.value, "key": entry.field, "op": Op.SET.value}]
        case EntryKind.TAG_ADDED if entry.tag is not None:
            return [{"field": Field.TAG.value, "op": Op.HAS_NOT.value, "value": [entry.tag]}]
        case EntryKind.CLICKED if entry.campaign is not None:
            return [{"field": Field.CAMPAIGN.value, "op": Op.GOT.value, "value": entry.campaign}]
        case EntryKind.EVENT | EntryKind.INACTIVE | EntryKind.CLICKED:
            return []
    return None


register_entries(entry_audience)
