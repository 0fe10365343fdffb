"""Automations that use a segment: those that people enter by it, and that aren't over."""

from django.utils.translation import gettext as _

from mailflatrate.apps.automations.models import Automation, AutomationState
from mailflatrate.apps.segments.conditions.uses import register_place
from mailflatrate.rules.automations.graph import EntryKind

MOST_NAMED = 10


def automations_with(segment_id: int) -> list[str]:
    """Return the automations that start by a segment, newest first."""
    rows = Automation.objects.filter(
        entry_on__in=[EntryKind.SEGMENT_ENTERED.value, EntryKind.SEGMENT_LEFT.value], entry_reference=segment_id
    ).exclude(state=AutomationState.ENDED)
    names = rows.order_by("-id").values_list("name", flat=True)[:MOST_NAMED]
    return [_("the automation “%(name)s”") % {"name": name} for name in names]


register_place(automations_with)
