"""Rows about contacts: a tag, and events of a customer's own systems."""

from mailflatrate.apps.lists.actions.events import ReportedEvent, record_events, set_keep_days
from mailflatrate.apps.lists.actions.tags import create_tag
from mailflatrate.apps.lists.models import Contact, ContactEventType, Tag
from mailflatrate.apps.lists.tags import give_tags


def an_event_type(contact_id: int) -> int:
    """Record an event, and how long the account keeps events; return the event's type."""
    record_events([ReportedEvent("order.placed", contact_id)])
    set_keep_days(90)
    return ContactEventType.objects.values_list("id", flat=True)[0]


def a_tag_of_everyone() -> Tag:
    """Give all contacts of the account a tag."""
    tag = create_tag("Regulars")
    give_tags(list(Contact.objects.values_list("id", flat=True)), [tag.id])
    return tag
