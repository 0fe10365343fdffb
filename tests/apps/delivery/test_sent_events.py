"""Events for each message: only for accounts that switched them on, when it was sent and when it bounced."""

import pytest
from django.db import connection

from mailflatrate.apps.delivery.models import Delivery, DeliveryState
from mailflatrate.apps.delivery.send.outcomes import sent_events_sql
from mailflatrate.apps.events import feed
from mailflatrate.apps.events.actions.endpoints import switch_messages
from mailflatrate.apps.events.feed import FeedPosition
from mailflatrate.base import tenancy
from mailflatrate.rules.events import PER_MESSAGE
from support.customers import sending_customer
from support.scope import within


@pytest.mark.parametrize("is_on", [False, True])
def test_messages_are_told_where_they_are_switched_on(is_on: bool) -> None:
    anna = sending_customer(people=2)
    campaign = anna.sending()
    sent, bounced = anna.settle(campaign, DeliveryState.SENT, 2)
    statement = sent_events_sql(
        "delivery d", delivery="d.id", campaign="d.campaign_id", contact="d.contact_id", sent="d.state"
    )
    with tenancy.account(anna.account_id):
        switch_messages(is_on=is_on, by=anna.owner)
        with connection.cursor() as cursor:
            cursor.execute(statement, {"account_id": anna.account_id})
        Delivery.objects.filter(id=bounced).update(state=DeliveryState.BOUNCED, bounce="hard")
    events = within(anna, feed.read_events, FeedPosition(), PER_MESSAGE, 10).events
    found = sorted((event.type.value, event.payload["message_id"]) for event in events)
    wanted = [("message.bounced", bounced), ("message.sent", sent), ("message.sent", bounced)]
    assert found == (wanted if is_on else [])
