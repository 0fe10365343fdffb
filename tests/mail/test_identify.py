"""Whose message is it? Every way one of our messages comes back leads to its delivery; nothing forged does."""

import base64
import json
from collections.abc import Callable
from urllib.parse import quote

import pytest

from mailflatrate.mail.identifiers.mailing_id import compact_form, new_mailing_id
from mailflatrate.mail.identifiers.tokens import KeyRing, TokenPurpose
from mailflatrate.mail.inspect import Inspection, inspect_message
from mailflatrate.mail.reading.values import ReturnedMessageKind

RING = KeyRing([("2026a", b"k" * 32)])
ACCOUNT, DELIVERY = 7, 4711
CAMPAIGN = new_mailing_id()
HOST = "https://send.flat.example"


def token(purpose: TokenPurpose, delivery: int = DELIVERY) -> str:
    return RING.seal(purpose, ACCOUNT, delivery)


LINK = f"{HOST}/u/{token(TokenPurpose.UNSUBSCRIBE)}"
HEAD = f"""Return-Path: <b+{token(TokenPurpose.VERP)}@bounce.lindenhof.example>
From: Lindenhof <news@lindenhof.example>
To: dora@people.example
Subject: Winter bulbs are here
Message-ID: <{compact_form(CAMPAIGN)}.{token(TokenPurpose.MESSAGE_ID)}@lindenhof.example>
List-Unsubscribe: <{LINK}>
X-Mailing-ID: {CAMPAIGN}
Feedback-ID: {CAMPAIGN}:a7:news:flat
CFBL-Feedback-ID: {token(TokenPurpose.FEEDBACK)}
Date: Tue, 24 Nov 2026 10:00:00 +0100"""
BODY = f"""Hello Dora,

the first bulbs are here: {HOST}/c/{token(TokenPurpose.CLICK, 99)}

Unsubscribe: {LINK}
Mailing {CAMPAIGN}
"""
ORIGINAL = f"{HEAD}\n\n{BODY}"
BARE = "From: news@lindenhof.example\nTo: undisclosed\nSubject: Winter bulbs are here\nDate: 24 Nov 2026 10:00:00 +0100"
ENCODED = "Content-Type: message/rfc822\nContent-Transfer-Encoding: base64\n\n"
ANSWER = f"In-Reply-To: <{compact_form(CAMPAIGN)}.{token(TokenPurpose.MESSAGE_ID)}@lindenhof.example>\n"


def report(kind: str, *parts: tuple[str, str], to: str = "fbl@flat.example") -> str:
    inner = "".join(f"--x\nContent-Type: {media}\n\n{content}\n" for media, content in parts)
    return (
        f"From: fbl@provider.example\nTo: {to}\nSubject: Report\nMIME-Version: 1.0\n"
        f'Content-Type: multipart/report; report-type={kind}; boundary="x"\n\n{inner}--x--\n'
    )


def arf(third: tuple[str, str], fields: str = "") -> str:
    """A feedback report about `third`."""
    feedback = f"Feedback-Type: abuse\nUser-Agent: P/1\nVersion: 1\n{fields}"
    return report("feedback-report", ("text/plain", "A complaint."), ("message/feedback-report", feedback), third)


def mail(body: str, subject: str = "Fwd: Winter bulbs are here", media: str = "text/plain", to: str = "abuse") -> str:
    return (
        f"From: Dora <dora@people.example>\nTo: {to}@flat.example\nSubject: {subject}\nMIME-Version: 1.0\n"
        f"Content-Type: {media}; charset=utf-8\n\n{body}"
    )


def wrapped(original: str, words: str = "Please stop this.") -> str:
    """Forwarded as an attachment."""
    return mail(
        f"--y\nContent-Type: text/plain\n\n{words}\n--y\nContent-Type: message/rfc822\n\n{original}\n--y--\n",
        media='multipart/mixed; boundary="y"',
    )


INLINE = """---------- Forwarded message ---------
From: Lindenhof <news@lindenhof.example>
Date: Tue, Nov 24, 2026 at 10:00 AM
Subject: Winter bulbs are here
To: <dora@people.example>

"""


def broken(text: str) -> str:
    """A link as a client quotes it that breaks long lines."""
    return "\n".join(f"> {line[:60]}\n> {line[60:]}" if len(line) > 60 else f"> {line}" for line in text.splitlines())


XARF = json.dumps(
    {"Version": "2", "ReporterInfo": {"ReporterOrg": "P"}, "Report": {"ReportType": "Spam", "Samples": [
        {"ContentType": "message/rfc822", "Payload": f"CFBL-Feedback-ID: {token(TokenPurpose.FEEDBACK)}"}]}}
)  # fmt: skip
SAMPLE = base64.b64encode(ORIGINAL.encode()).decode()
XARF_3 = json.dumps(
    {"Version": "3", "ReporterInfo": {"ReporterOrg": "P"}, "Report": {"ReportType": "Spam", "Samples": [
        {"ContentType": "text/plain", "Payload": "x"},
        {"ContentType": "message/rfc822", "Base64Encoded": True, "Payload": SAMPLE}]}}
)  # fmt: skip
XARF_4 = json.dumps(
    {
        "xarf_version": "4.0.0",
        "category": "messaging",
        "type": "spam",
        "evidence": [{"content_type": "message/rfc822", "description": "the mail", "payload": SAMPLE}],
    }
)
PROVEN: dict[str, str] = {
    "arf with the whole mail": arf(("message/rfc822", ORIGINAL)),
    "arf with the header only": arf(("text/rfc822-headers", HEAD)),
    "arf whose header keeps CFBL-Feedback-ID alone": arf(
        ("text/rfc822-headers", f"{BARE}\nCFBL-Feedback-ID: {token(TokenPurpose.FEEDBACK)}")
    ),
    "arf that names the envelope sender alone": arf(
        ("text/rfc822-headers", BARE), f"Original-Mail-From: <b+{token(TokenPurpose.VERP)}@bounce.lindenhof.example>\n"
    ),
    "arf with every identifying field taken out, the body left": arf(("message/rfc822", f"{BARE}\n\n{BODY}")),
    "xarf": report("xarf", ("text/plain", "spam"), ("application/json", XARF)),
    "xarf 3 with the mail in base64": report("xarf", ("text/plain", "spam"), ("application/json", XARF_3)),
    "xarf 4 with the mail in base64": report("xarf", ("text/plain", "spam"), ("application/xarf+json", XARF_4)),
    "a mail forwarded as attachment": wrapped(ORIGINAL),
    "an attachment within an attachment": wrapped(wrapped(ORIGINAL)),
    "inline forward with its link": mail(INLINE + BODY),
    "inline forward, quoted and broken": mail(broken(INLINE + BODY)),
    "inline forward in HTML": mail(
        f'<p>{INLINE.replace("<", "&lt;")}</p><a href="{LINK}">Unsubscribe</a>', media="text/html"
    ),
    "a link that a provider wrapped": mail(
        f"{INLINE}https://eur01.safelinks.example/?url={quote(LINK, safe='')}&data=05%7C01"
    ),
    "base64 attachment": wrapped("X: y").replace(
        "Content-Type: message/rfc822\n\nX: y", ENCODED + base64.b64encode(ORIGINAL.encode()).decode()
    ),
    "pasted header lines": mail(HEAD, subject="Spam"),
    "an answer": ANSWER + mail("stop", subject="Re: bulbs"),
    "the unsubscribe address": mail("x", subject="unsubscribe").replace(
        "abuse@flat.example", f"unsub+{token(TokenPurpose.UNSUBSCRIBE)}@flat.example"
    ),
}


def seen(raw: str) -> Inspection:
    return inspect_message(raw.encode(), key_ring=RING)


@pytest.mark.parametrize("case", PROVEN)
@pytest.mark.parametrize("wire", [lambda raw: raw, lambda raw: raw.replace("\n", "\r\n")], ids=["lf", "crlf"])
def test_the_delivery_is_found(case: str, wire: Callable[[str], str]) -> None:
    found = seen(wire(PROVEN[case]))
    assert found.claims is not None
    assert (found.claims.account_id, found.claims.delivery_id) == (ACCOUNT, DELIVERY)
    assert found.marks.forged == 0


@pytest.mark.parametrize("case", PROVEN)
def test_a_forged_token_is_refused(case: str) -> None:
    """The same messages, made with someone else's keys."""
    theirs = KeyRing([("2026a", b"z" * 32)])
    found = inspect_message(PROVEN[case].encode(), key_ring=theirs)
    assert found.claims is None
    assert found.marks.edition is None
    assert found.marks.forged or case in ("pasted header lines", "an answer", "xarf")


def test_the_mail_inside_a_xarf_report_is_the_original() -> None:
    for case in ("xarf 3 with the mail in base64", "xarf 4 with the mail in base64"):
        found = seen(PROVEN[case])
        assert (found.kind, found.mailing_id) == (ReturnedMessageKind.COMPLAINT, CAMPAIGN)
        assert found.original is not None
        assert found.original.subject == "Winter bulbs are here"


def test_a_redacted_report_still_finds_the_mailing() -> None:
    """No token, no recipient: Feedback-ID, X-Mailing-ID or the footer name the campaign, as a hint."""
    for third in (f"{BARE}\nFeedback-ID: {CAMPAIGN}:a7:news:flat", f"{BARE}\nX-Mailing-ID: {CAMPAIGN}"):
        found = seen(arf(("text/rfc822-headers", third)))
        assert (found.claims, found.mailing_id) == (None, CAMPAIGN)
    footer = seen(arf(("message/rfc822", f"{BARE}\n\nHello,\n\nMailing {CAMPAIGN}\n")))
    assert (footer.claims, footer.mailing_id) == (None, CAMPAIGN)


def test_a_link_for_everybody_names_the_mailing_and_no_person() -> None:
    """R-108: a click link has no recipient in it, and the number in it is an edition's."""
    found = seen(wrapped(f"{BARE}\n\nBulbs: {HOST}/c/{token(TokenPurpose.CLICK, 99)}\n"))
    assert found.claims is None
    assert found.marks.edition is not None
    assert found.marks.edition.delivery_id == 99


SLIPS = {
    "as printed": CAMPAIGN,
    "lower case": CAMPAIGN.lower(),
    "no hyphens": CAMPAIGN.replace("-", ""),
    "spaces": CAMPAIGN.replace("-", " "),
    "O for 0, I and L for 1": CAMPAIGN.replace("0", "O").replace("1", "I"),
    "l for 1": CAMPAIGN.lower().replace("1", "l").replace("0", "o"),
    "dashes of a word processor": CAMPAIGN.replace("-", "–"),
}


@pytest.mark.parametrize("slip", SLIPS)
def test_a_mailing_id_in_a_sentence(slip: str) -> None:
    found = seen(
        mail(f"Ich habe das nie bestellt. Die Nummer ist {SLIPS[slip]}, bitte aufhören.", subject="Beschwerde")
    )
    assert (found.claims, found.mailing_id) == (None, CAMPAIGN)


def test_the_check_symbol_decides() -> None:
    last = CAMPAIGN[-1]
    wrong = CAMPAIGN[:-1] + ("2" if last != "2" else "3")
    assert seen(mail(f"Nummer {wrong}", subject="Beschwerde")).mailing_id is None


def test_hashes_of_others_are_no_forgery_and_do_no_harm() -> None:
    noise = "\n".join(f"commit {number:040x}" for number in range(200))
    found = seen(mail(f"{noise}\n{INLINE}{BODY}"))
    assert found.claims is not None
    assert found.marks.forged == 0
    assert found.kind is ReturnedMessageKind.COMPLAINT
