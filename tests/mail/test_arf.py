"""Complaints in each of their dresses, and what is no complaint."""

import json

import pytest

from mailflatrate.mail.inspect import inspect_message
from mailflatrate.mail.reading.arf import FeedbackReport, read_feedback
from mailflatrate.mail.reading.mime import parse
from mailflatrate.mail.reading.values import ReturnedMessageKind


def arf(fields: str, original_type: str = "message/rfc822") -> bytes:
    return (
        "From: fbl@postfach.example\nTo: fbl@flat.example\nSubject: FW: Neues\nMIME-Version: 1.0\n"
        'Content-Type: multipart/report; report-type=feedback-report; boundary="b"\n\n'
        "--b\nContent-Type: text/plain\n\nAn abuse report.\n"
        f"--b\nContent-Type: message/feedback-report\n\n{fields}\n"
        f"--b\nContent-Type: {original_type}\n\n"
        "From: anna@muster.example\nTo: dora@empfang.example\nSubject: Neues\n"
        "Message-ID: <1@flat.example>\n\nHallo\n--b--\n"
    ).encode()


def read(raw: bytes) -> FeedbackReport:
    report = read_feedback(parse(raw))
    assert report is not None
    return report


def test_fields_are_read_without_regard_to_case_and_folding() -> None:
    report = read(
        arf(
            "feedback-type: Abuse\nUser-Agent: Postfach/1\nVersion: 1\nOriginal-Rcpt-To:\n <dora@empfang.example>\n"
            "Original-Mail-From: <b+x@flat.example>\nSource-IP: 192.0.2.1\n"
            "Arrival-Date: Tue, 24 Nov 2026 09:00:00 +0000\n"
            "Reported-Domain: muster.example\n"
        )
    )
    assert (report.feedback_type, report.recipients) == ("abuse", ("dora@empfang.example",))
    assert (report.original_sender, report.source_ip) == ("b+x@flat.example", "192.0.2.1")
    assert report.field("Reported-Domain") == "muster.example"
    assert report.how == "arf"


@pytest.mark.parametrize("original_type", ["message/rfc822", "text/rfc822-headers", "message/rfc822-headers"])
def test_original_is_carried_in_any_of_its_types(original_type: str) -> None:
    original = inspect_message(arf("Feedback-Type: abuse\nVersion: 1\n", original_type)).original
    assert original is not None
    assert (original.sender, original.message_id, original.how) == (
        "anna@muster.example",
        "<1@flat.example>",
        "attached",
    )


@pytest.mark.parametrize(
    ("kind_of_feedback", "kind"),
    [
        ("abuse", ReturnedMessageKind.COMPLAINT),
        ("fraud", ReturnedMessageKind.COMPLAINT),
        ("virus", ReturnedMessageKind.COMPLAINT),
        ("other", ReturnedMessageKind.COMPLAINT),
        ("opt-out", ReturnedMessageKind.COMPLAINT),
        ("not-spam", ReturnedMessageKind.REPORT),
        ("auth-failure", ReturnedMessageKind.REPORT),
        ("dmarc", ReturnedMessageKind.REPORT),
    ],
)
def test_only_objections_are_complaints(kind_of_feedback: str, kind: ReturnedMessageKind) -> None:
    seen = inspect_message(arf(f"Feedback-Type: {kind_of_feedback}\nVersion: 1\n"))
    assert (seen.kind, seen.feedback, seen.is_bounce) == (kind, kind_of_feedback, False)


def test_several_recipients_are_all_kept() -> None:
    fields = "Feedback-Type: abuse\nOriginal-Rcpt-To: dora@a.example\nOriginal-Rcpt-To: otto@a.example\n"
    assert read(arf(fields)).recipients == ("dora@a.example", "otto@a.example")


def test_old_jmrp_mail_is_the_complained_mail_itself() -> None:
    raw = b"X-HmXmrOriginalRecipient: dora@hotmail.example\nFrom: anna@muster.example\nSubject: Neues\n\nHallo\n"
    report = read(raw)
    assert (report.how, report.feedback_type, report.recipients) == ("jmrp", "abuse", ("dora@hotmail.example",))


def test_unsubscribe_button_of_apple_is_an_unsubscribe() -> None:
    seen = inspect_message(b"From: dora@icloud.example\nSubject: unsubscribe\nX-Apple-Unsubscribe: true\n\n")
    assert (seen.kind, seen.feedback, seen.recipients) == (
        ReturnedMessageKind.UNSUBSCRIBE,
        "opt-out",
        ("dora@icloud.example",),
    )


@pytest.mark.parametrize("enveloped", [False, True])
def test_amazon_tells_complaints_as_json(enveloped: bool) -> None:
    told: dict[str, object] = {
        "notificationType": "Complaint",
        "complaint": {"complainedRecipients": [{"emailAddress": "dora@a.example"}], "complaintFeedbackType": "abuse"},
    }
    if enveloped:
        told = {"Type": "Notification", "Message": json.dumps(told)}
    seen = inspect_message(
        b"From: no-reply@sns.amazonaws.com\nSubject: AWS Notification Message\n\n" + json.dumps(told).encode()
    )
    assert (seen.kind, seen.recipients, seen.feedback) == (ReturnedMessageKind.COMPLAINT, ("dora@a.example",), "abuse")


def xarf(data: object, name: str = "report.json") -> bytes:
    return (
        "From: r@postfach.example\nSubject: report\nMIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=b\n\n"
        f'--b\nContent-Type: application/json; name="{name}"\n\n{json.dumps(data)}\n--b--\n'
    ).encode()


def test_xarf_of_both_versions() -> None:
    third = {
        "Version": "3",
        "ReporterInfo": {},
        "Report": {"ReportClass": "Messaging", "ReportType": "Spam", "SmtpRcptToAddress": "dora@a.example"},
    }
    fourth = {"xarf_version": "4.0.0", "category": "messaging", "type": "spam", "smtp_to": "dora@a.example"}
    for data in (third, fourth):
        report = read(xarf(data))
        assert (report.how, report.feedback_type, report.recipients) == ("xarf", "abuse", ("dora@a.example",))


def test_other_json_is_no_complaint() -> None:
    for data in ({"type": "invoice"}, [1, 2], "text", {"Version": "3"}):
        assert read_feedback(parse(xarf(data))) is None
    assert read_feedback(parse(xarf({}).replace(b"{}", b"{broken"))) is None


def test_talk_about_feedback_is_no_feedback() -> None:
    assert read_feedback(parse(b"Subject: Feedback-Type: abuse\n\nFeedback-Type: abuse\n")) is None
    assert read_feedback(parse(b"Subject: complaint about message from Anna\nFrom: otto@amt.example\n\n")) is None
