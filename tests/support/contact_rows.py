"""Rows about contacts: events of a customer's own systems."""

from mailflatrate.apps.lists.actions.events import ReportedEvent, record_events, set_keep_days
from mailflatrate.apps.lists.models import ContactEventType


def an_event_type(contact_id: int) -> int:
    """Record an event, and how long the account keeps events; return the event's type."""
    record_events([ReportedEvent("order.placed", contact_id)])
    set_keep_days(90)
    return ContactEventType.objects.values_list("id", flat=True)[0]
