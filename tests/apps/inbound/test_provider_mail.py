"""A provider's event as it is kept, read again like stored mail."""

import json

from mailflatrate.apps.inbound.models import FeedbackKind, RawMail
from mailflatrate.apps.inbound.provider_posts import read_wrapped_event, wrap_event
from mailflatrate.apps.inbound.replay import replay
from mailflatrate.base import tenancy
from mailflatrate.base.tenancy import PlatformReason
from mailflatrate.mail.reading.values import ReturnedMessageKind
from support.desk import desk
from support.provider_events import EVENTS, hooked_relay
from support.returned_mail import sent_campaign


def test_an_event_is_read_in_a_child_as_it_was_posted(database: str) -> None:
    assert database
    posted = json.dumps(EVENTS["brevo"]("hard", "ab" * 20, "dora@people.example"))
    assert read_wrapped_event(wrap_event("brevo", posted)).inspection.kind is ReturnedMessageKind.BOUNCE


def test_an_event_can_be_read_again(database: str) -> None:
    assert database
    case = sent_campaign(people=1)
    with hooked_relay("sendgrid") as relay:
        relay.report(relay.event("hard", case))
    with tenancy.platform(PlatformReason.MAIL_IN):
        mail = RawMail.objects.get(via="hook", delivery_id=case.delivery_ids[0])
    before = case.suppressions()
    assert before
    assert replay(mail.id, by=desk().user, reason="A better reader") == 0
    assert case.suppressions() == before
    assert case.feedback() == [FeedbackKind.HARD_BOUNCE]
