"""Reading events in the order of their transactions."""

from mailflatrate.apps.lists import event_feed
from mailflatrate.apps.lists.actions import events as actions
from mailflatrate.apps.lists.actions.events import ReportedEvent
from mailflatrate.apps.lists.event_feed import EventPosition
from mailflatrate.apps.lists.models import Contact, ContactEventType
from mailflatrate.base import tenancy
from support.cast import per_test
from support.customers import Customer, customer_with_list
from support.scope import within
from support.sql import as_application

anna = per_test(lambda: customer_with_list("Anna", approved=False).with_people(2))


def test_a_reader_in_the_order_of_transactions_passes_over_nothing(anna: Customer) -> None:
    """A transaction that began first and commits last: its event comes when all before it have ended."""
    with tenancy.account(anna.account_id):
        dora, ben = Contact.objects.order_by("id").values_list("id", flat=True)
        actions.record_events([ReportedEvent("order.placed", dora)])
    with tenancy.account(anna.account_id):
        start = event_feed.current_end()
        type_id = ContactEventType.objects.get().id
    with as_application(anna) as slow:
        slow.execute(
            "INSERT INTO contact_event (account_id, contact_id, event_type_id, at, properties)"
            " VALUES (%s, %s, %s, now(), '{}')",
            [anna.account_id, dora, type_id],
        )
        within(anna, actions.record_events, [ReportedEvent("order.placed", ben)])
        assert within(anna, event_feed.events_after, start, size=10) == []
        slow.commit()
    with tenancy.account(anna.account_id):
        found = event_feed.events_after(start, size=10)
        assert [one.contact_id for one in found] == [dora, ben]
        assert event_feed.events_after(found[0].position, size=10) == found[1:]
        assert event_feed.events_after(start, size=10, event_type_ids=[0]) == []
        assert len(event_feed.events_after(EventPosition(), size=10)) == 3
