"""A report from the public page: it stops what its token proves, and nothing more."""

import secrets
from dataclasses import replace

import pytest

from mailflatrate.apps.abuse.actions import intake
from mailflatrate.apps.abuse.actions.intake import PageReport
from mailflatrate.apps.abuse.models import CaseEvent, EventKind, Report
from mailflatrate.apps.inbound.models import RawMail
from mailflatrate.apps.lists.models import Subscription, SubscriptionState
from mailflatrate.apps.suppression.queries import is_suppressed
from mailflatrate.base import tenancy
from mailflatrate.base.tenancy import PlatformReason
from support.cast import per_test
from support.returned_mail import SentCampaign, sent_campaign
from support.scope import within

sent = per_test(sent_campaign)


def given(raw: bytes, *, reporter: str = "", stop: bool = True) -> PageReport:
    return PageReport(
        raw=raw,
        complaint="unasked",
        text="I never asked for this.",
        reporter=reporter,
        reporter_name="Dora",
        language="en",
        ip="192.0.2.7",
        notice={},
        stop=stop,
    )


def is_subscribed(sent: SentCampaign, number: int = 0) -> bool:
    with tenancy.account(sent.anna.account_id):
        rows = Subscription.objects.filter(contact_id=sent.reader(number).id, state=SubscriptionState.CONFIRMED)
        return rows.exists()


def is_stopped_everywhere(sent: SentCampaign, number: int = 0) -> bool:
    with tenancy.platform(PlatformReason.ABUSE_DESK):
        return Report.objects.filter(contact_id=sent.reader(number).id, platform=True).exists()


def test_a_whole_message_names_its_reader_and_finding_changes_nothing(sent: SentCampaign) -> None:
    found = intake.find(sent.mail(0))
    assert found.campaign is not None
    assert (found.campaign.id, found.delivery_id, found.proved) == (sent.campaign.id, sent.delivery_ids[0], True)
    assert is_subscribed(sent)


@pytest.mark.parametrize("text", ["", "Hello", "4K7Q-92XD-0"])
def test_what_names_nothing_is_a_report_about_no_one(text: str) -> None:
    found = intake.find(text.encode())
    assert (found.campaign, found.account_id, found.proved) == (None, None, False)


def test_a_mailing_id_names_the_campaign_and_proves_nothing(sent: SentCampaign) -> None:
    report, found = intake.take_page_report(given(sent.campaign.mailing_id.encode()))
    assert found.campaign is not None and not found.proved
    assert (report.account_id, report.effect, report.raw_mail) == (sent.anna.account_id, "", None)
    assert is_subscribed(sent)


def test_a_token_stops_this_sender_and_no_one_else(sent: SentCampaign) -> None:
    raw = sent.mail(0)
    report, found = intake.take_page_report(given(raw))
    assert found.proved and report.effect == "unsubscribe"
    assert not is_subscribed(sent) and not is_stopped_everywhere(sent)
    assert is_subscribed(sent, 1), "who else got the campaign stays"
    with tenancy.platform(PlatformReason.ABUSE_DESK):
        kept = RawMail.objects.get(id=report.raw_mail_id or 0)
        assert kept.content() == raw


def test_a_reporter_who_wants_no_stop_only_reports(sent: SentCampaign) -> None:
    report, _found = intake.take_page_report(given(sent.mail(0), stop=False))
    assert report.effect == "" and is_subscribed(sent)


def test_a_typed_address_is_asked_once_a_day_and_only_if_the_campaign_went_there(sent: SentCampaign) -> None:
    reader = sent.reader(0)
    asked = []
    for reporter in (reader.email, reader.email, f"eve{secrets.randbelow(10**15)}@people.example"):
        report, _found = intake.take_page_report(given(sent.campaign.mailing_id.encode(), reporter=reporter))
        with tenancy.platform(PlatformReason.ABUSE_DESK):
            events = CaseEvent.objects.filter(kind=EventKind.RECEIPT, details__report=report.id, details__proof=True)
            asked.append(events.count())
    assert asked == [1, 0, 0]
    assert is_subscribed(sent), "asked is not stopped"


def test_the_mailbox_s_own_answer_stops_everyone(sent: SentCampaign) -> None:
    reader = sent.reader(0)
    report, _found = intake.take_page_report(given(sent.campaign.mailing_id.encode(), reporter=reader.email))
    assert intake.stop_by_proof(report.id)
    assert within(sent.anna, is_suppressed, bytes(reader.address_key))
    assert is_stopped_everywhere(sent)


def test_a_proof_for_no_delivery_stops_nothing(sent: SentCampaign) -> None:
    stranger = replace(given(sent.campaign.mailing_id.encode()), reporter=f"eve{secrets.randbelow(10**15)}@x.example")
    report, _found = intake.take_page_report(stranger)
    assert not intake.stop_by_proof(report.id) and not intake.stop_by_proof(10**9)
