"""Attacks by returned mail: phishing in a daemon's name, and notices that would silence an innocent person."""

import pytest

from mailflatrate.mail.inspect import inspect_message
from mailflatrate.mail.reading.values import ReturnedMessageKind

VICTIM = "erik@kunde.example"
LINK = '<a href="https://phish.example/login">Release your messages</a>'


def mail(body: str, *, content: str = "text/plain", **fields: str) -> bytes:
    """A message to the victim; fields are written with `_` for `-`."""
    headers = {
        "From": "Mail Delivery System <mailer-daemon@kunde.example>",
        "To": VICTIM,
        "Subject": "Undelivered mail",
    }
    headers |= {name.replace("_", "-"): value for name, value in fields.items()}
    lines = [f"{name}: {value}" for name, value in headers.items() if value]
    return ("\n".join([*lines, f"Content-Type: {content}; charset=utf-8", "", body, ""])).encode()


PHISHING = {
    "links only": mail(f"<p>5 messages could not be delivered.</p>{LINK}", content="text/html",
                       Return_Path="<a@phish.example>"),
    "links only, path hidden": mail(f"<p>Delivery failed for {VICTIM}.</p>{LINK}", content="text/html"),
    "links only, null path": mail(f"<p>Your mailbox is full.</p>{LINK}", content="text/html", Return_Path="<>"),
    "names another": mail(
        f"<p>Undeliverable: your message to boss@kunde.example was not delivered.</p>{LINK}",
        content="text/html", Return_Path="<bounce+e1.2-x=y@mg.phish.example>",
    ),
    "nameless text": mail("Your mailbox is full, 5 messages were returned. Sign in: https://phish.example/",
                          Return_Path="<bounce+e1@mg.phish.example>"),
    "postmaster": mail("Mail delivery failed. Verify your account: https://phish.example/",
                       From="Kunde Support <postmaster@mg.phish.example>", Return_Path="<bounce+e1@mg.phish.example>",
                       Subject="Message Delivery Failure - action required"),
    "administrator": mail("Undelivered messages are held: https://phish.example/",
                          From="Mail Administrator <administrator@phish.example>",
                          Return_Path="<administrator@phish.example>", Subject="Returned mail: 4 messages pending"),
}  # fmt: skip


@pytest.mark.parametrize("case", sorted(PHISHING))
def test_phishing_in_a_daemons_name_is_no_bounce(case: str) -> None:
    assert not inspect_message(PHISHING[case]).is_bounce


INNOCENT = {
    "its own reader": (
        mail(f"This message to {VICTIM} could not be delivered:\n\n550 5.1.1 user unknown\n", Return_Path="<>"),
        (),
    ),
    "its own reader beside the failed one": (
        mail(f"{VICTIM}, your message could not be delivered to dora@empfang.example: 550 user unknown\n",
             Return_Path="<>"),
        ("dora@empfang.example",),
    ),
    "a list's footer": (
        mail("Your message could not be delivered: 550 5.1.1 user unknown\n\n[dora@empfang.example]\n\n"
             "_______________________________________________\nNews mailing list\nnews@listen.example\n"
             "To unsubscribe write to news-leave@listen.example\n", Return_Path="<>"),
        ("dora@empfang.example",),
    ),
    "the quoted details": (
        mail("Delivery failed, 550 5.1.1 user unknown: <dora@empfang.example>\n\nOriginal message details:\n"
             "From: anna@muster.example\nTo: alle@muster.example\nSubject: Neues\nDate: 24.11.2026\n",
             Return_Path="<>"),
        ("dora@empfang.example",),
    ),
    "the sender of the returned mail": (
        mail("Mail from anna@muster.example to dora@empfang.example could not be delivered.\n550 user unknown\n",
             To="anna@muster.example", Return_Path="<>"),
        ("dora@empfang.example",),
    ),
    "an address that explains": (
        mail("Your message could not be delivered, 550 user unknown. Write addresses as name@host.example or\n"
             "first.last@host.example and try once more.\n", Return_Path="<>"),
        (),
    ),
    "the list that it passed": (
        mail("Could not be delivered: 550 user unknown. Owner: news-owner@listen.example, list news@listen.example\n",
             Return_Path="<>", List_Post="<mailto:news@listen.example>",
             List_Owner="<mailto:news-owner@listen.example>"),
        (),
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", sorted(INNOCENT))
def test_an_innocent_address_is_never_named(case: str) -> None:
    raw, failed = INNOCENT[case]
    seen = inspect_message(raw)
    assert seen.is_bounce
    assert tuple(address.lower() for address in seen.recipients) == failed


def test_the_address_of_the_notice_names_the_person() -> None:
    raw = mail(
        "Delivery failed, 550 user unknown: see info@anderswo.example or dora@empfang.example\n",
        To="bounces+dora=empfang.example@news.muster.example",
        Return_Path="<>",
    )
    assert inspect_message(raw).recipients == ("dora@empfang.example",)


@pytest.mark.parametrize("brackets", ["<{}>", "[{}]", "({})", "'{}'", '"{}"', "{}"])
def test_brackets_around_an_address_are_read(brackets: str) -> None:
    named = brackets.format("dora@empfang.example")
    raw = mail(f"Your message could not be delivered to:\n\n    {named}\n\n550 5.1.1 user unknown\n", Return_Path="<>")
    seen = inspect_message(raw)
    assert (seen.recipients, seen.hard) == (("dora@empfang.example",), True)


def test_list_headers_veto_nothing() -> None:
    raw = mail(
        "Could not be delivered: <dora@empfang.example>: 550 5.1.1 user unknown\n",
        Return_Path="<>",
        List_Id="<news.listen.example>",
        List_Unsubscribe="<mailto:leave@listen.example>",
        Precedence="bulk",
    )
    assert inspect_message(raw).recipients == ("dora@empfang.example",)


def test_a_machine_of_any_name_is_believed_for_what_it_shows() -> None:
    raw = mail(
        "Could not be delivered: <dora@empfang.example>: 550 5.1.1 user unknown\n",
        Return_Path="<>",
        From="Robot <robot@anbieter.example>",
        Subject="Delivery failure",
    )
    assert inspect_message(raw).recipients == ("dora@empfang.example",)


def test_a_failure_without_a_mailbox_is_still_a_bounce() -> None:
    part = (
        "Reporting-MTA: dns; mx.example\n\n"
        "Action: failed\nStatus: 5.1.1\nDiagnostic-Code: smtp; 550 5.1.1 no such user\n"
    )
    body = (
        "--b\nContent-Type: text/plain\n\nIt failed.\n\n"
        f"--b\nContent-Type: message/delivery-status\n\n{part}\n"
        "--b\nContent-Type: text/rfc822-headers\n\n"
        "From: anna@muster.example\nTo: dora@empfang.example\nSubject: x\n\n--b--"
    )
    seen = inspect_message(mail(body, content='multipart/report; report-type=delivery-status; boundary="b"'))
    assert (seen.is_bounce, seen.hard, seen.recipients) == (True, True, ("dora@empfang.example",))


def test_mail_of_a_person_behind_a_challenge_service_is_no_challenge() -> None:
    plain = mail(
        "See you on Monday.\n\nDora\n",
        From="Dora <dora@empfang.example>",
        Subject="Re: Neues",
        X_Delivery_Agent="TMDA/1.1",
        In_Reply_To="<a@b.example>",
    )
    assert inspect_message(plain).kind is ReturnedMessageKind.REPLY
    asks = mail(
        "Please confirm your message by replying to this one.\n",
        From="Dora <dora-confirm@empfang.example>",
        Subject="Please confirm your message",
        X_Delivery_Agent="TMDA/1.1",
        Auto_Submitted="auto-replied",
    )
    assert inspect_message(asks).kind is ReturnedMessageKind.CHALLENGE


@pytest.mark.parametrize(
    "body",
    [
        "This is a DMARC failure report for a message received from IP 192.0.2.1.\nDomain: muster.example\n",
        "This is an authentication failure report for an email received from IP 192.0.2.1.\n550 5.7.1 rejected\n",
        "A message from muster.example (source IP 192.0.2.1) failed the published DMARC policy.\n",
    ],
)
def test_a_dmarc_failure_report_in_plain_text_is_a_report(body: str) -> None:
    seen = inspect_message(mail(body, Subject="Report of a failure", Return_Path="<>"))
    assert (seen.kind, seen.is_bounce) == (ReturnedMessageKind.REPORT, False)
