"""Messages between desk and reporter: one thread per report, receipts once a week, and a reply finds its case.

In which language somebody is answered.
"""

import secrets
from datetime import timedelta

import pytest

from mailflatrate.apps.abuse.actions import case_handling, correspondence
from mailflatrate.apps.abuse.actions.correspondence import LONGEST_MESSAGE
from mailflatrate.apps.abuse.actions.intake import language_of
from mailflatrate.apps.abuse.actions.report_sources import ByHand, open_by_hand
from mailflatrate.apps.abuse.errors import AbuseError
from mailflatrate.apps.abuse.models import Case, CaseEvent, CaseState, Cause, EventKind, Report
from mailflatrate.apps.accounts.models import Notice, User
from mailflatrate.apps.inbound import intake
from mailflatrate.apps.inbound.intake import Arrival
from mailflatrate.apps.inbound.models import RawMail
from mailflatrate.base import clock, tenancy
from mailflatrate.base.tenancy import PlatformReason
from support.returned_mail import SentCampaign
from support.scope import rows


def report(sent: SentCampaign, otto: User, *, named: bool = True) -> Report:
    """Dora called about the campaign; without a name, nobody can answer her."""
    reporter = f"dora{secrets.randbelow(10**15)}@people.example" if named else ""
    case = open_by_hand(ByHand(sent.campaign.mailing_id, "unasked", "She called.", reporter, "", "en"), by=otto)
    return rows(PlatformReason.OPERATOR_DESK, Report).select_related("case").filter(case=case).latest("id")


def mails_to(found: Report) -> list[Notice]:
    return list(rows(PlatformReason.OPERATOR_DESK, Notice).filter(recipient=found.reporter).order_by("id"))


def receipt(found: Report) -> None:
    with tenancy.platform(PlatformReason.ABUSE_DESK):
        correspondence.send_receipt(Report.objects.select_related("case").get(id=found.id))


def reply(found: Report, text: str = "Stop it now.") -> None:
    raw = f"From: {found.reporter}\r\nSubject: Re\r\n\r\n{text}\r\n".encode()
    (number,) = intake.store([Arrival("test", "127.0.0.1", found.reporter, "case@service.example", raw)])
    with tenancy.platform(PlatformReason.ABUSE_DESK):
        mail = RawMail.objects.get(id=number)
        for _again in range(2):  # read twice, it is recorded once
            correspondence.receive_message(mail, found.id)


@pytest.mark.parametrize("text", ["", " ", "x" * (LONGEST_MESSAGE + 1)])
def test_an_empty_or_endless_message_is_refused(sent: SentCampaign, otto: User, text: str) -> None:
    found = report(sent, otto)
    with pytest.raises(AbuseError):
        correspondence.write_to_reporter(found.id, text, by=otto)
    assert mails_to(found) == []


def test_who_left_no_address_gets_no_answer(sent: SentCampaign, otto: User) -> None:
    with pytest.raises(AbuseError, match="no email address"):
        correspondence.write_to_reporter(report(sent, otto, named=False).id, "Thanks.", by=otto)


def test_an_answer_has_an_address_of_its_own_and_is_on_record(sent: SentCampaign, otto: User) -> None:
    found = report(sent, otto)
    correspondence.write_to_reporter(found.id, " We stopped it. ", by=otto)
    (mail,) = mails_to(found)
    assert mail.report_id == found.id and "We stopped it." in mail.text and found.case.reference in mail.subject
    assert mail.reply_to.startswith("c") and mail.reply_to not in (found.reporter, "")
    with tenancy.platform(PlatformReason.OPERATOR_DESK):
        now = Report.objects.get(id=found.id)
        assert now.answered_at is not None and now.first_answered_at == now.answered_at
        assert CaseEvent.objects.get(case=found.case, kind=EventKind.MESSAGE_OUT, details__report=found.id).text


def test_a_receipt_is_sent_once_in_seven_days(sent: SentCampaign, otto: User) -> None:
    found = report(sent, otto)
    before = len(mails_to(found))
    receipt(found)
    receipt(found)
    sent_at_first = len(mails_to(found))
    assert sent_at_first - before <= 1
    with clock.frozen_at(clock.now() + timedelta(days=6, hours=23)):
        receipt(found)
    assert len(mails_to(found)) == sent_at_first
    with clock.frozen_at(clock.now() + timedelta(days=8)):
        receipt(found)
    assert len(mails_to(found)) == sent_at_first + 1


def test_a_reply_reopens_the_case_once(sent: SentCampaign, otto: User) -> None:
    found = report(sent, otto)
    correspondence.write_to_reporter(found.id, "We stopped it.", by=otto)
    case_handling.close(found.case_id, Cause.FALSE_ALARM, "Settled.", by=otto)
    reply(found)
    with tenancy.platform(PlatformReason.OPERATOR_DESK):
        case = Case.objects.get(id=found.case_id)
        assert (case.state, case.closed_at) == (CaseState.ANSWERED, None)
        events = CaseEvent.objects.filter(case=case, kind=EventKind.MESSAGE_IN, details__report=found.id)
        assert ["Stop it" in event.text for event in events] == [True]
        now = Report.objects.get(id=found.id)
        assert now.answered_at is None and now.answer_due_at is not None


def test_a_reply_to_a_merged_case_reaches_the_one_it_went_into(sent: SentCampaign, otto: User) -> None:
    nameless = open_by_hand(ByHand("", "unasked", "She called.", "dora@people.example", "", "en"), by=otto)
    found = rows(PlatformReason.OPERATOR_DESK, Report).get(case=nameless)
    kept = report(sent, otto).case
    joined = case_handling.attribute(nameless.id, sent.campaign.mailing_id, by=otto)
    assert joined.id == kept.id
    reply(found)
    with tenancy.platform(PlatformReason.OPERATOR_DESK):
        assert CaseEvent.objects.filter(case_id=kept.id, kind=EventKind.MESSAGE_IN, details__report=found.id).exists()
        assert Case.objects.get(id=nameless.id).state == CaseState.CLOSED


def test_a_reply_to_no_report_changes_nothing(sent: SentCampaign, otto: User) -> None:
    found = report(sent, otto)
    found.id = 10**9
    reply(found)
    assert not rows(PlatformReason.OPERATOR_DESK, CaseEvent).filter(details__report=10**9).exists()


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("Ich habe mich nicht angemeldet, bitte keine Mails mehr.", "de"),
        ("I never signed up for this. Please stop.", "en"),
        ("Je ne me suis jamais inscrit, merci de ne plus m\u2019écrire.", "fr"),
        ("STOP", "xx"),
        ("", "xx"),
    ],
)
def test_the_small_words_tell(text: str, language: str) -> None:
    assert language_of(text, "xx") == language
