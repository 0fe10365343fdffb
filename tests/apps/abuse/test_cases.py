"""Cases: what opens and joins them, what they do at once, what the desk does, and what the customer may see of it."""

import secrets
from datetime import timedelta

import pytest
from django.db import IntegrityError, connection, transaction

from mailflatrate.apps.abuse import jobs
from mailflatrate.apps.abuse.actions import answers, case_handling, correspondence, measures, report_sources
from mailflatrate.apps.abuse.actions import intake as intake_actions
from mailflatrate.apps.abuse.actions.intake import PageReport
from mailflatrate.apps.abuse.actions.measures import CaseAction, MeasureOrder
from mailflatrate.apps.abuse.errors import AbuseError
from mailflatrate.apps.abuse.models import Case, CaseEvent, CaseKind, CaseQuestion, CaseState, Cause, EventKind, Report
from mailflatrate.apps.abuse.queries.queue import queue
from mailflatrate.apps.accounts.actions.notices import answer_report
from mailflatrate.apps.accounts.models import Account, Notice, User
from mailflatrate.apps.accounts.service_mail import ServiceMail
from mailflatrate.apps.delivery.models import Delivery
from mailflatrate.apps.inbound import intake
from mailflatrate.apps.inbound import jobs as inbound_jobs
from mailflatrate.apps.inbound.intake import Arrival
from mailflatrate.apps.inbound.models import RawMail, RawMailState
from mailflatrate.base import clock, tenancy
from mailflatrate.base.audit.models import AuditEntry
from mailflatrate.base.ids import key_ring
from mailflatrate.base.tenancy import PlatformReason
from mailflatrate.mail.identifiers.tokens import TokenPurpose
from mailflatrate.mail.identifiers.verp import case_address
from mailflatrate.settings import load_settings
from support.cast import per_test
from support.returned_mail import LOOP, STRANGER, SentCampaign, arrive, desk, half_sent, plain, sent_campaign, stored

case = per_test(sent_campaign, people=4)


def cases(account_id: int | None) -> list[Case]:
    with tenancy.platform(PlatformReason.OPERATOR_DESK):
        return list(Case.objects.filter(account_id=account_id).select_related("campaign").order_by("id"))


def reports(found: Case) -> list[Report]:
    with tenancy.platform(PlatformReason.OPERATOR_DESK):
        return list(Report.objects.filter(case=found).order_by("id"))


def events(found: Case) -> list[str]:
    with tenancy.platform(PlatformReason.OPERATOR_DESK):
        return list(CaseEvent.objects.filter(case=found).order_by("id").values_list("kind", flat=True))


def page_report(raw: bytes, **given: object) -> PageReport:
    whole = {
        "complaint": "unasked", "text": "I never asked for this.", "reporter": "", "reporter_name": "",
        "language": "en", "ip": "203.0.113.5", "notice": {}, "stop": True,
    } | given  # fmt: skip
    return PageReport(raw=raw, **whole)  # type: ignore[arg-type]


def forward(case: SentCampaign, number: int = 0) -> None:
    """A reader sends the whole mail to the desk."""
    arrive(case.forward(number), desk())
    jobs.take_mail()


def test_a_forwarded_mail_opens_a_complete_case(case: SentCampaign) -> None:
    forward(case)
    (found,) = cases(case.anna.account_id)
    (report,) = reports(found)
    assert (found.campaign, found.kind, found.state) == (case.campaign, CaseKind.COMPLAINT, CaseState.OPEN)
    assert (report.delivery_id, report.contact_id) == (case.delivery_ids[0], case.reader().id)
    assert (report.reporter, report.text) == (case.reader().email, "I never asked for this.")
    assert (report.how, report.effect, report.platform) == ("verp", "unsubscribe", False)
    assert found.answer_due_at is not None
    assert found.answer_due_at - found.opened_at <= timedelta(days=3)
    assert events(found) == ["opened", "effect"]


def test_reports_about_a_mailing_join_and_reading_twice_files_once(case: SentCampaign) -> None:
    for number in (0, 0, 1):
        arrive(case.report(number), desk("fbl"), peer=LOOP)
    jobs.take_mail()
    jobs.take_mail()
    (found,) = cases(case.anna.account_id)
    assert [report.via for report in reports(found)] == ["loop"] * 3
    assert found.answer_due_at is None, "nobody waits for an answer"
    assert not found.frozen


def test_two_recipients_freeze_the_mailing_and_one_does_not(case: SentCampaign, otto: User) -> None:
    """R-82, R-87; a mailing ID or a message that may have been forwarded counts for nothing, a mailbox does."""
    running = half_sent()
    running.readdress(1, "dora@anderswo.example")
    forward(running, 0)
    forward(running, 1)
    intake_actions.take_page_report(page_report(running.campaign.mailing_id.encode()))
    complain_from_the_mailbox(running, 0)
    complain_from_the_mailbox(running, 2)
    (found,) = cases(running.anna.account_id)
    assert not found.frozen, "two mailboxes at one private domain may be one person's"
    assert running.anna.again(running.campaign).state == "sending"
    complain_from_the_mailbox(running, 1)
    (found,) = cases(running.anna.account_id)
    campaign = running.anna.again(running.campaign)
    assert (found.frozen, campaign.state, campaign.hold_rule) == (True, "paused", "R-82")
    with tenancy.platform(PlatformReason.OPERATOR_DESK):
        assert Account.objects.get(id=running.anna.account_id).status == "active"
    case_handling.close(found.id, Cause.FORGOTTEN, "All three had signed up.", by=otto, release=True)
    assert running.anna.again(running.campaign).hold_rule == ""


def complain_from_the_mailbox(case: SentCampaign, number: int) -> None:
    """A recipient reports on the page, and presses the button in the message that their mailbox gets."""
    report, _ = intake_actions.take_page_report(
        page_report(case.campaign.mailing_id.encode(), reporter=case.reader(number).email)
    )
    assert intake_actions.stop_by_proof(report.id)


def test_without_a_mailing_the_same_reporter_stays_in_one_case(case: SentCampaign, otto: User) -> None:
    """The desk later finds out whose campaign it is, and the case joins the one about that campaign."""
    forward(case)
    email = f"zoe{secrets.randbelow(10**15)}@people.example"
    jobs.take_mail()
    before = len(cases(None))
    for words in ("Your customer spams me.", "And again today!"):
        arrive(plain(email, desk(), "Spam", words), desk())
    jobs.take_mail()
    (found,) = cases(None)[before:]
    assert len(reports(found)) == 2
    with pytest.raises(AbuseError):
        case_handling.attribute(found.id, "0000-0000-1", by=otto)
    joined = case_handling.attribute(found.id, case.campaign.mailing_id.lower().replace("-", " "), by=otto)
    assert (joined.campaign_id, len(reports(joined))) == (case.campaign.id, 3)
    (signpost,) = cases(None)[before:]
    assert (signpost.state, signpost.merged_into_id) == (CaseState.CLOSED, joined.id)


def test_a_page_report_with_the_mail_stops_this_sender_at_once_and_all_others_by_proof(case: SentCampaign) -> None:
    """R-78, R-83: the message may have been forwarded."""
    report, found = intake_actions.take_page_report(page_report(case.mail(2), reporter="dora@people.example"))
    assert (found.campaign, found.proved) == (case.campaign, True)
    assert (report.effect, report.platform, report.ip) == ("unsubscribe", False, "203.0.113.5")
    assert (case.suppressions(2), case.feedback(2)) == ([("unsubscribe", False)], ["unsubscribe"])
    assert case.state(2) == "unsubscribed"
    complain_from_the_mailbox(case, 2)
    assert ("complaint", True) in case.suppressions(2)
    assert case.feedback(2) == ["complaint", "unsubscribe"]


def test_a_page_report_with_an_id_alone_stops_nothing(case: SentCampaign) -> None:
    """Until the address itself answered."""
    report, found = intake_actions.take_page_report(
        page_report(case.campaign.mailing_id.encode(), reporter=case.reader(3).email)
    )
    assert (found.campaign, found.proved, report.effect) == (case.campaign, False, "")
    assert (case.suppressions(3), case.state(3)) == ([], "confirmed")
    assert intake_actions.stop_by_proof(report.id)
    assert case.suppressions(3) == [("complaint", False), ("complaint", True)]


def test_illegal_content_presses(case: SentCampaign) -> None:
    """DSA Art. 16: explanation, place, good faith, name and address."""
    notice = {"explanation": "It sells forged medicine.", "location": "the mail", "good_faith": True}
    report, _ = intake_actions.take_page_report(
        page_report(case.mail(), complaint="illegal", notice=notice, stop=False)
    )
    assert (report.case.kind, report.case.dangerous, report.notice) == (CaseKind.CONTENT, True, notice)
    assert case.suppressions(0) == []


def test_the_thread_with_a_reporter(case: SentCampaign, otto: User) -> None:
    forward(case)
    (found,) = cases(case.anna.account_id)
    (report,) = reports(found)
    correspondence.write_to_reporter(report.id, "Thank you. We ask the sender for the proof.", by=otto)
    with tenancy.platform(PlatformReason.OPERATOR_DESK):
        notice = Notice.objects.filter(report_id=report.id).latest("id")
    token = key_ring().seal(TokenPurpose.CASE, 0, report.id)
    assert notice.recipient == report.reporter
    assert notice.subject.startswith(f"[{found.reference}]")
    assert notice.reply_to == case_address(token, load_settings().service_domain)
    assert notice.in_reply_to == report.message_id != ""
    (found,) = cases(case.anna.account_id)
    assert found.answer_due_at is None
    case_handling.close(found.id, Cause.NO_CONSENT, "Bought addresses.", by=otto)
    arrive(plain(report.reporter, notice.reply_to, f"Re: {notice.subject}", "And what came of it?"), notice.reply_to)
    jobs.take_mail()
    (found,) = cases(case.anna.account_id)
    assert (found.state, found.answer_due_at is None) == (CaseState.ANSWERED, False)
    assert events(found)[-1] == EventKind.MESSAGE_IN


def test_the_desk_writes_to_nobody_who_reported_nothing(case: SentCampaign, otto: User) -> None:
    """R-32: held by the database, whatever the code above it says."""
    forward(case)
    (report,) = reports(cases(case.anna.account_id)[0])
    with pytest.raises(IntegrityError), transaction.atomic():
        answer_report(report.id, "eve@people.example", ServiceMail("x", "x", "de"), reply_to="")
    raw = case.report(1)
    arrive(raw, desk("fbl"), peer=LOOP)
    jobs.take_mail()
    loop = reports(cases(case.anna.account_id)[0])[-1]
    with pytest.raises(AbuseError):
        correspondence.write_to_reporter(loop.id, "Hello", by=otto)


def test_a_complaint_is_answered_by_no_machine(case: SentCampaign) -> None:
    """R-79: ARF, page or forward: no one gets an automatic reply."""
    with tenancy.platform(PlatformReason.OPERATOR_DESK):
        before = Notice.objects.filter(kind="case").count()
    arrive(case.report(0), desk("fbl"), peer=LOOP)
    forward(case, 1)
    intake_actions.take_page_report(page_report(case.mail(2)))
    jobs.take_mail()
    with tenancy.platform(PlatformReason.OPERATOR_DESK):
        assert Notice.objects.filter(kind="case").count() == before


@pytest.mark.parametrize(
    ("measure", "status"),
    [(CaseAction.THROTTLE, "throttled"), (CaseAction.PAUSE, "paused"), (CaseAction.SUSPEND, "suspended")],
)
def test_measures_against_the_sender(case: SentCampaign, otto: User, measure: CaseAction, status: str) -> None:
    """One click, one reason; in the audit log, in the case, and in words for the customer."""
    forward(case)
    (found,) = cases(case.anna.account_id)
    with pytest.raises(AbuseError):
        measures.take_measure(found.id, MeasureOrder(measure, "  "), by=otto)
    measures.take_measure(found.id, MeasureOrder(measure, "Twelve people never signed up."), by=otto)
    with tenancy.platform(PlatformReason.OPERATOR_DESK):
        assert Account.objects.get(id=case.anna.account_id).status == status
        lines = AuditEntry.objects.filter(account_id=case.anna.account_id).values_list("action", flat=True)
        assert {f"account.{status}", f"case.{measure.value}"} <= set(lines)
        told = Notice.objects.filter(recipient=case.anna.owner.email).latest("id").text
    assert "Twelve people never signed up." in told
    assert case.reader().email not in told
    with pytest.raises(AbuseError):
        measures.take_measure(found.id, MeasureOrder(measure, "Again."), by=otto)


def test_the_person_of_an_unproved_report_is_suppressed_by_the_desk(case: SentCampaign, otto: User) -> None:
    report, _ = intake_actions.take_page_report(
        page_report(case.campaign.mailing_id.encode(), reporter=case.reader(1).email)
    )
    assert case.suppressions(1) == []
    order = MeasureOrder(CaseAction.SUPPRESS, "He wrote from this address.", report_id=report.id)
    measures.take_measure(report.case_id, order, by=otto)
    assert case.suppressions(1) == [("complaint", False), ("complaint", True)]
    assert case.state(1) == "unsubscribed"


def test_the_customer_answers_and_sees_no_reporter(case: SentCampaign, otto: User) -> None:
    """R-80: nothing but the question is an account's to read, not even in SQL."""
    forward(case)
    (found,) = cases(case.anna.account_id)
    measures.take_measure(found.id, MeasureOrder(CaseAction.ASK, "Where did these people sign up?"), by=otto)
    (found,) = cases(case.anna.account_id)
    assert found.state == CaseState.ASKED
    assert found.proof_due_at is not None
    with tenancy.account(case.anna.account_id):
        question = CaseQuestion.objects.get()
        assert question.contact_id is None
        answers.answer_question(question.id, "On our page, see the file.", by=case.anna.owner)
        with connection.cursor() as cursor:
            for table in ("abuse_case", "case_report", "case_event", "raw_mail"):
                cursor.execute(f"SELECT count(*) FROM {table}")
                assert cursor.fetchone() == (0,), table
    (found,) = cases(case.anna.account_id)
    assert (found.state, found.proof_due_at) == (CaseState.ANSWERED, None)
    assert events(found)[-1] == EventKind.ANSWER


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE case_question SET due_at = due_at + interval '1 year'",
        "DELETE FROM case_question",
        "DELETE FROM case_answer",
        "UPDATE case_answer SET text = 'something else'",
    ],
)
def test_an_account_cannot_change_what_was_asked_and_answered(case: SentCampaign, otto: User, statement: str) -> None:
    forward(case)
    (found,) = cases(case.anna.account_id)
    measures.take_measure(found.id, MeasureOrder(CaseAction.ASK, "Where?"), by=otto)
    with pytest.raises(Exception, match=r"permission denied|Cannot update"):  # noqa: SIM117
        with tenancy.account(case.anna.account_id), connection.cursor() as cursor:
            answers.answer_question(CaseQuestion.objects.get().id, "There.", by=case.anna.owner)
            cursor.execute(statement)


def test_spam_to_the_desk_becomes_a_case_when_a_person_says_so(otto: User) -> None:
    sender = f"eve{secrets.randbelow(10**15)}@spam.example"
    mail = arrive(plain(sender, desk(), "Cheap", "Watches", Precedence="bulk"), desk())
    jobs.take_mail()
    assert mail.state == RawMailState.APART
    assert reports_of(mail.id) == 0
    report_sources.open_from_mail(mail.id, by=otto)
    jobs.take_mail()
    assert reports_of(mail.id) == 1


@pytest.mark.slow
def test_spam_to_the_desk_does_not_drown_it(case: SentCampaign) -> None:
    """Newsletters, marked spam and mail that does not even name us are set aside; the rest comes after reports about
    our campaigns, even if it has waited longer; nothing is dropped, and what is set aside gets no answer (R-73).
    """
    mark = secrets.token_hex(4)
    apart, passing = [], []
    for number in range(60):
        sender = f"eve{number}-{mark}@spam.example"
        apart += [
            plain(sender, desk(), "Cheap", "Watches", Precedence="bulk"),
            plain(sender, desk(), "Cheap", "Watches", X_Spam_Flag="YES"),
            plain(sender, "everybody@list.example", "Cheap", "Watches"),
        ]
        passing.append(plain(f"adam{number}-{mark}@spam.example", desk(), "Cheap", "Watches"))
    stored_ids = intake.store([Arrival("smtp", STRANGER, "x@spam.example", desk(), raw) for raw in apart + passing])
    inbound_jobs.read_mails(stored_ids)
    jobs.take_mail()
    with tenancy.platform(PlatformReason.OPERATOR_DESK):
        Case.objects.filter(account=None).update(answer_due_at=clock.now() - timedelta(days=1))
    forward(case)
    with tenancy.platform(PlatformReason.OPERATOR_DESK):
        states = list(RawMail.objects.filter(id__in=stored_ids).order_by("id").values_list("state", flat=True))
        rows = queue()
        answered = set(Notice.objects.filter(recipient__contains=f"-{mark}@").values_list("recipient", flat=True))
    assert states == [RawMailState.APART] * len(apart) + [RawMailState.HANDLED] * len(passing)
    places = [row.case.account_id == case.anna.account_id for row in rows]
    assert places.index(True) < min(number for number, row in enumerate(rows) if row.case.account_id is None)
    assert not [address for address in answered if address.startswith("eve")]


def reports_of(raw_mail_id: int) -> int:
    """How many reports were made of a message."""
    with tenancy.platform(PlatformReason.OPERATOR_DESK):
        return Report.objects.filter(raw_mail_id=raw_mail_id).count()


def test_a_closed_case_names_its_cause(case: SentCampaign, otto: User) -> None:
    forward(case)
    (found,) = cases(case.anna.account_id)
    with tenancy.platform(PlatformReason.OPERATOR_DESK), pytest.raises(IntegrityError), transaction.atomic():
        Case.objects.filter(id=found.id).update(state="closed", closed_at=clock.now())
    case_handling.close(found.id, Cause.FORGOTTEN, "Signed up in spring.", by=otto)
    with pytest.raises(AbuseError):
        case_handling.close(found.id, Cause.FORGOTTEN, "Once more.", by=otto)
    forward(case, 1)
    assert len(cases(case.anna.account_id)) == 2
    with pytest.raises(AbuseError):
        case_handling.reopen(found.id, "I was wrong.", by=otto)


def test_the_deliveries_are_what_they_were(case: SentCampaign) -> None:
    """A complaint changes people and cases; the record of what was sent stays."""
    with tenancy.account(case.anna.account_id):
        before = list(Delivery.objects.order_by("id").values())
    forward(case)
    intake_actions.take_page_report(page_report(case.mail(1)))
    with tenancy.account(case.anna.account_id):
        assert list(Delivery.objects.order_by("id").values()) == before


def test_a_case_goes_after_its_time_with_all_that_names_people(case: SentCampaign, otto: User) -> None:
    """R-95: three years after it was closed, and not while it is open."""
    forward(case)
    (found,) = cases(case.anna.account_id)
    (report,) = reports(found)
    later = clock.now() + timedelta(days=1100)
    with clock.frozen_at(later):
        case_handling.forget_old_cases()
    assert reports(found)[0].reporter == report.reporter, "open cases stay however old they are"
    case_handling.close(found.id, Cause.FORGOTTEN, "Signed up in spring.", by=otto)
    case_handling.forget_old_cases()
    assert len(cases(case.anna.account_id)) == 1
    with clock.frozen_at(later):
        case_handling.forget_old_cases()
    assert cases(case.anna.account_id) == reports(found) == []
    assert bytes(stored(report.raw_mail_id or 0).raw) == b""
