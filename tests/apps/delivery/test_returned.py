"""A bounce read before the sender recorded that the message left is not lost."""

import pytest

from mailflatrate.apps.delivery.models import Delivery, DeliveryState
from mailflatrate.apps.delivery.queries import campaign_progress
from mailflatrate.apps.delivery.results.feedback import record_returned
from mailflatrate.base import clock, tenancy
from mailflatrate.mail.bounce_text.verdict import classify_smtp_reply
from mailflatrate.rules.feedback.bounces import Bounce
from support.customers import sending_customer
from support.scope import rows


@pytest.mark.slow
@pytest.mark.parametrize("first", [DeliveryState.PENDING, DeliveryState.SENT])
def test_the_bounce_counts_whoever_is_faster(first: DeliveryState) -> None:
    anna = sending_customer(people=3)
    campaign = anna.sending()
    ids = list(rows(anna, Delivery).filter(campaign=campaign).order_by("id").values_list("id", flat=True))
    if first == DeliveryState.SENT:
        anna.settle(campaign, DeliveryState.SENT, 1)
    verdict = classify_smtp_reply(550, "5.1.1", "User unknown")
    with tenancy.account(anna.account_id):
        contact_id = Delivery.objects.get(id=ids[0]).contact_id
        bounce = Bounce(contact_id, ids[0], verdict, text="550 5.1.1", at=clock.now(), source="test")
        assert record_returned([bounce]) == {ids[0]}
        assert record_returned([bounce]) == set(), "once"
        assert Delivery.objects.get(id=ids[0]).state == DeliveryState.BOUNCED
        progress = campaign_progress(campaign.id)
        assert (progress.bounced_hard, progress.sent, progress.pending) == (1, 0, 2)
