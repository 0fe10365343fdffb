"""Answers to the desk's questions: kept with the file that came, and only while the question is open."""

import pytest

from mailflatrate.apps.abuse.actions import answers, measures
from mailflatrate.apps.abuse.actions.answers import LARGEST_FILE_OCTETS, LONGEST_ANSWER, Attachment
from mailflatrate.apps.abuse.actions.measures import CaseAction, MeasureOrder
from mailflatrate.apps.abuse.actions.report_sources import ByHand, open_by_hand
from mailflatrate.apps.abuse.errors import AbuseError
from mailflatrate.apps.abuse.models import Case, CaseAnswer, CaseQuestion, CaseState, EventKind
from mailflatrate.apps.accounts.models import User
from mailflatrate.base import clock, tenancy
from mailflatrate.base.tenancy import PlatformReason
from support.customers import Customer
from support.returned_mail import SentCampaign
from support.scope import rows, within


@pytest.fixture
def question(sent: SentCampaign, otto: User) -> CaseQuestion:
    case = open_by_hand(ByHand(sent.campaign.mailing_id, "unasked", "She called.", "", "", "en"), by=otto)
    measures.take_measure(case.id, MeasureOrder(CaseAction.ASK, "Where is this address from?"), by=otto)
    return rows(PlatformReason.OPERATOR_DESK, CaseQuestion).filter(case=case).latest("id")


def answer(sent: SentCampaign, question: CaseQuestion, text: str, file: Attachment | None = None) -> CaseAnswer:
    return within(sent.anna, answers.answer_question, question.id, text, by=sent.anna.owner, attachment=file)


def case_of(question: CaseQuestion) -> Case:
    return rows(PlatformReason.OPERATOR_DESK, Case).get(id=question.case_id)


def test_an_answer_returns_the_case_to_the_desk_and_may_be_added_to(sent: SentCampaign, question: CaseQuestion) -> None:
    assert case_of(question).state == CaseState.ASKED
    answer(sent, question, " From our form. ")
    answer(sent, question, "Here is the log, too.", Attachment("log.txt", "täglich".encode()))
    assert case_of(question).state == CaseState.ANSWERED
    with tenancy.platform(PlatformReason.OPERATOR_DESK):
        texts = CaseAnswer.objects.filter(question=question).order_by("id").values_list("text", "file_type")
        assert list(texts) == [("From our form.", ""), ("Here is the log, too.", "text/plain")]
        assert case_of(question).events.filter(kind=EventKind.ANSWER).count() >= 2
        assert CaseQuestion.objects.get(id=question.id).answered_at is not None


@pytest.mark.parametrize("text", ["", "  \n", "x" * (LONGEST_ANSWER + 1)])
def test_an_empty_or_endless_answer_is_refused(sent: SentCampaign, question: CaseQuestion, text: str) -> None:
    with pytest.raises(AbuseError):
        answer(sent, question, text)


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (b"%PDF-1.7 ...", "application/pdf"),
        (b"\x89PNG\r\n\x1a\n", "image/png"),
        (b"\xff\xd8\xff\xe0", "image/jpeg"),
        (b"PK\x03\x04...", "application/zip"),
        ("Grüße".encode(), "text/plain"),
        (b"", ""),
    ],
)
def test_the_content_says_what_a_file_is_and_not_its_name(
    sent: SentCampaign, question: CaseQuestion, content: bytes, kind: str
) -> None:
    found = answer(sent, question, "See the file.", Attachment("invoice.exe", content))
    assert (found.file_type, found.file_name) == (kind, "invoice.exe" if kind else "")


@pytest.mark.parametrize(
    "content",
    [b"MZ\x90\x00\xff", b"\x00\x01\xfe\xff", b"x" * (LARGEST_FILE_OCTETS + 1)],
    ids=["program", "bytes", "large"],
)
def test_other_files_are_refused_with_what_to_send_instead(
    sent: SentCampaign, question: CaseQuestion, content: bytes
) -> None:
    with pytest.raises(AbuseError, match=r"Send (a PDF|the part)"):
        answer(sent, question, "See the file.", Attachment("invoice.pdf", content))
    assert not rows(PlatformReason.OPERATOR_DESK, CaseAnswer).filter(question=question).exists()


def test_a_stranger_answers_nothing(sent: SentCampaign, question: CaseQuestion) -> None:
    assert sent.anna.account_id
    carla = Customer.registered("Clausen")
    with tenancy.account(carla.account_id), pytest.raises(AbuseError, match="doesn't exist"):
        answers.answer_question(question.id, "Mine.", by=carla.owner)


def test_a_closed_question_needs_no_answer(sent: SentCampaign, question: CaseQuestion) -> None:
    rows(PlatformReason.OPERATOR_DESK, CaseQuestion).filter(id=question.id).update(settled_at=clock.now())
    with pytest.raises(AbuseError, match="no longer need"):
        answer(sent, question, "Too late.")
