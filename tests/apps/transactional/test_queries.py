"""What is found of templates and messages: the approved version, a stream apart, a message by address or reference."""

from mailflatrate.apps.campaigns.models import Campaign
from mailflatrate.apps.transactional.actions.templates import begin_version
from mailflatrate.apps.transactional.queries import is_stream_apart, search_messages, sender_choices, version_in_use
from mailflatrate.base import tenancy
from support.transactional import transactional_customer


def test_what_is_in_use_and_found() -> None:
    anna = transactional_customer()
    first, other = anna.send(reference="A-1"), anna.send(reference="B-2")
    with tenancy.account(anna.account_id):
        begin_version(anna.version().template_id, by=anna.customer.owner)
        in_use = version_in_use("shipped")
        assert in_use is not None and in_use.id == anna.version_id
        assert version_in_use("nothing") is None
        assert [row.id for row in search_messages()] == [other.id, first.id]
        assert [row.id for row in search_messages("A-1")] == [first.id]
        assert [row.id for row in search_messages(other.recipient.upper())] == [other.id]
        assert search_messages("A-") == []
        assert [sender.id for sender in sender_choices()] == [anna.sender_id]


def test_a_domain_from_which_a_campaign_was_sent_is_not_apart() -> None:
    anna = transactional_customer()
    campaign = anna.customer.draft(sender_id=anna.sender_id, list_ids=[])
    with tenancy.account(anna.account_id):
        sender = anna.version().sender
        assert is_stream_apart(sender), "a draft was not sent"
        assert not is_stream_apart(None)
        assert Campaign.objects.filter(id=campaign.id, sender=sender).exists()
