"""R-83: a no counts however old the message is. Its month may have been dropped, its token is still genuine."""

import psycopg
import pytest

from mailflatrate.apps.abuse.actions.intake import PageReport, take_page_report
from mailflatrate.apps.lists.models import Subscription
from mailflatrate.apps.suppression.queries import strongest
from mailflatrate.base import tenancy
from support.returned_mail import SentCampaign, sent_campaign


@pytest.fixture(scope="module")
def case(database: str) -> SentCampaign:
    """Anna's campaign, sent to people who may complain."""
    assert database
    return sent_campaign()


def forget(owner_url: str, delivery_id: int) -> None:
    """What is left of one message, as if its month had been dropped."""
    with psycopg.connect(owner_url) as owner:
        owner.execute("SET LOCAL session_replication_role = replica")
        owner.execute(
            "INSERT INTO past_recipients"
            " (account_id, campaign_id, mailing_list_id, from_id, to_id, offsets, contact_ids)"
            " SELECT account_id, campaign_id, mailing_list_id, id, id, '{0}', ARRAY[contact_id]"
            " FROM delivery WHERE id = %s",
            [delivery_id],
        )
        assert owner.execute("DELETE FROM delivery WHERE id = %s", [delivery_id]).rowcount == 1


def test_a_report_of_a_message_whose_month_was_dropped_stops_its_sender(case: SentCampaign, database: str) -> None:
    raw, reader = case.mail(2), case.reader(2)
    forget(database, case.delivery_ids[2])
    report, found = take_page_report(
        PageReport(
            raw=raw,
            complaint="unasked",
            text="I never asked for this.",
            reporter="",
            reporter_name="",
            language="en",
            ip="203.0.113.5",
            notice={},
            stop=True,
        )
    )
    assert (found.campaign, found.proved, report.effect) == (case.campaign, True, "unsubscribe")
    with tenancy.account(case.anna.account_id):
        assert Subscription.objects.get(contact_id=reader.id).state == "unsubscribed"
        assert strongest(bytes(reader.address_key)).reason == "unsubscribe"  # type: ignore[union-attr]
