"""What people and their machines answer, told apart by header first and words last."""

import pytest

from mailflatrate.mail.reading.mime import parse
from mailflatrate.mail.reading.reply import UNSUBSCRIBE_KEYWORDS, classify_reply
from mailflatrate.mail.reading.values import ReturnedMessageKind

HEAD = "From: Dora <dora@empfang.example>\nTo: anna@muster.example\n"


def kind_of(header: str, body: str = "") -> ReturnedMessageKind:
    return classify_reply(parse(f"{HEAD}{header}\nContent-Type: text/plain; charset=utf-8\n\n{body}\n".encode()))


@pytest.mark.parametrize("keyword", sorted(UNSUBSCRIBE_KEYWORDS))
def test_keyword_alone_unsubscribes_in_subject_and_in_body(keyword: str) -> None:
    assert kind_of(f"Subject: {keyword.upper()}!") is ReturnedMessageKind.UNSUBSCRIBE
    assert kind_of(f"Subject: Re: AW: {keyword}") is ReturnedMessageKind.UNSUBSCRIBE
    assert kind_of("Subject: Re: Neues", f"{keyword.capitalize()}.\n\n> Guten Tag") is ReturnedMessageKind.UNSUBSCRIBE


@pytest.mark.parametrize(
    "text",
    [
        "How do I unsubscribe?",
        "Please do not unsubscribe me",
        "stop by on Friday",
        "Bitte nicht abmelden",
        "remove the second item",
    ],
)
def test_keyword_within_a_sentence_does_not(text: str) -> None:
    assert kind_of(f"Subject: {text}") is ReturnedMessageKind.OTHER
    assert kind_of("Subject: Re: Neues\nIn-Reply-To: <1@flat.example>", text) is ReturnedMessageKind.REPLY


@pytest.mark.parametrize(
    "header",
    [
        "Subject: Re: Neues\nAuto-Submitted: auto-replied",
        "Subject: Re: Neues\nAuto-Submitted: auto-replied (vacation)",
        "Subject: Re: Neues\nX-Autoreply: yes",
        "Subject: Re: Neues\nPrecedence: auto_reply",
        "Subject: Abwesenheitsnotiz: Neues",
        "Subject: Out of Office: Neues",
        "Subject: Automatische Antwort: Neues",
        "Subject: Automatic reply: Neues",
        "Subject: Réponse automatique : Neues",
        "Subject: [Automatyczna odpowiedź] Neues",
        "Subject: =?utf-8?b?6Ieq5YuV5b+c562U?=: Neues",
        "Subject: Odpowiedź automatyczna: Neues",
        "Subject: Otomatik Yanıt: Neues",
        "Subject: Automatikus válasz: Neues",
        "Subject: Dora is out of the office (returning 30.11.2026)",
    ],
)
def test_auto_reply_is_known_by_header_or_subject(header: str) -> None:
    assert (
        kind_of(header, "My mailbox is full of sand, I am unknown here until Monday.") is ReturnedMessageKind.AUTO_REPLY
    )


def test_auto_submitted_no_is_a_person() -> None:
    assert (
        kind_of("Subject: Re: Neues\nIn-Reply-To: <1@x.example>\nAuto-Submitted: no", "Danke")
        is ReturnedMessageKind.REPLY
    )


def test_list_mail_is_no_reply() -> None:
    assert (
        kind_of("Subject: Re: [talk] unsubscribe rates\nList-Id: <talk.example>\nIn-Reply-To: <1@x.example>")
        is ReturnedMessageKind.OTHER
    )


@pytest.mark.parametrize(
    "body",
    [
        "This account is protected by Guard. Please click on the following link to have your address added to the "
        "recipient's allowed list.",
        "Your message is waiting for your verification before it is delivered.",
        "To control spam, I now allow incoming messages only from senders I have approved beforehand.",
        "Bitte bestätigen Sie einmalig Ihre Adresse, damit Ihre Nachricht zugestellt wird.",
    ],
)
def test_challenge_needs_an_answer_that_demands_proof(body: str) -> None:
    assert kind_of("Subject: Re: Neues\nIn-Reply-To: <1@flat.example>", body) is ReturnedMessageKind.CHALLENGE
    assert kind_of("Subject: Neues aus der Technik", body) is ReturnedMessageKind.OTHER


def test_challenge_service_is_known_by_its_sender() -> None:
    head = b"From: noreply@boxbe.com\nSubject: Re: Neues\n\n"
    assert classify_reply(parse(head + b"Hello, please verify that you wrote this.\n")) is ReturnedMessageKind.CHALLENGE
    assert classify_reply(parse(head + b"Hello\n")) is ReturnedMessageKind.REPLY


def test_reports_of_machines() -> None:
    dmarc = (
        "Subject: Report domain: muster.example Submitter: postfach.example Report-ID: 1\nMIME-Version: 1.0\n"
        'Content-Type: application/gzip; name="postfach.example!muster.example!1795478400!1795564799.xml.gz"\n'
    )
    assert classify_reply(parse(f"{HEAD}{dmarc}\nx\n".encode())) is ReturnedMessageKind.REPORT
    assert (
        kind_of("Subject: Report Domain: flat.example\nTLS-Report-Domain: flat.example") is ReturnedMessageKind.REPORT
    )
    invoice = 'Subject: Invoice\nContent-Type: application/zip; name="invoice.zip"\n'
    assert classify_reply(parse(f"{HEAD}{invoice}\nx\n".encode())) is ReturnedMessageKind.OTHER


def test_receipt_is_a_disposition_notification() -> None:
    raw = b"Content-Type: multipart/report; report-type=disposition-notification; boundary=b\n\n--b\n\nRead.\n--b--\n"
    assert classify_reply(parse(raw)) is ReturnedMessageKind.RECEIPT
