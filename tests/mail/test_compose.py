"""Whole messages: what R-54 to R-65 demand, seen by Python's parser and by dkimpy."""

import email
import email.policy
import re
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from email.message import EmailMessage
from email.utils import format_datetime

import dkim
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from mailflatrate.mail.headers import HeaderError, NamedAddress
from mailflatrate.mail.identifiers.mailing_id import find_in_text
from mailflatrate.mail.identifiers.tokens import KeyRing, TokenPurpose
from mailflatrate.mail.identifiers.verp import RecipientKind, parse_recipient
from mailflatrate.mail.links import LinkKind, ServiceLink
from mailflatrate.mail.liquid import LiquidTemplate
from mailflatrate.mail.message.compose import ComposeError, Composer, ReadyMessage
from mailflatrate.mail.message.edition import (
    CampaignStream,
    EditionContent,
    EditionPart,
    NoticeStream,
    Recipient,
    ServiceIdentity,
    Values,
)
from mailflatrate.mail.message.unsubscribe import judge_list_unsubscribe
from mailflatrate.mail.segments import Dynamic, Static
from mailflatrate.mail.signing.dkim import Signer, generate_key

RING = KeyRing.parse("2026a:" + "7c" * 32)
PEM, RECORD = generate_key()
SERVICE_PEM, SERVICE_RECORD = generate_key()
RECORDS = {
    b"s1._domainkey.news.example.org.": RECORD.encode(),
    b"svc._domainkey.mail.example.net.": SERVICE_RECORD.encode(),
}
SIGNER = Signer("news.example.org", "s1", PEM)
SERVICE_SIGNER = Signer("mail.example.net", "svc", SERVICE_PEM)
SERVICE = ServiceIdentity("mail.example.net", "https://u.example.net", "flatrate")
CAMPAIGN = CampaignStream(
    account_id=7,
    account_label="a7",
    mailing_id="4K7Q-92XD-E",
    sender=NamedAddress("news@news.example.org", "Anna's Änderungen"),
    reply_to=NamedAddress("anna@example.org"),
    bounce_domain="bounce.news.example.org",
    list_identifier="l12.a7.list.example.net",
    list_name="Anna's news",
    feedback_domain="bounce.news.example.org",
    language="de",
)
NOTICE = NoticeStream(7, NamedAddress("confirm@news.example.org", "Anna"), "bounce.news.example.org")
AT = datetime.now(UTC).replace(microsecond=0)  # a signature counts for 48 hours
DORA = Recipient(42, "dora@example.net", "Dora", {"name": "Dora"})
ONCE = [
    "From", "Reply-To", "To", "Subject", "Date", "Message-ID", "List-Id", "List-Unsubscribe",
    "List-Unsubscribe-Post", "List-Post", "List-Help", "Precedence", "X-Mailing-ID", "X-Report-Abuse-To", "Feedback-ID",
    "CFBL-Address", "CFBL-Feedback-ID", "MIME-Version", "Content-Language", "Content-Type", "DKIM-Signature",
]  # fmt: skip


ABSENT = (b"cc", b"sender", b"content-transfer-encoding")
TWICE = (
    b"from", b"to", b"subject", b"date", b"message-id", b"reply-to", b"content-type", b"mime-version", b"list-id",
    b"list-unsubscribe", b"list-unsubscribe-post", b"feedback-id", b"cfbl-address", b"cfbl-feedback-id",
)  # fmt: skip


def name_of(values: Values) -> list[str]:
    return [str(values["name"])]


def url_of(values: Values) -> list[str]:
    return [str(values["name"]), str(values["unsubscribe_url"])]


CONTENT = EditionContent(
    subject=EditionPart((Static("News for "), Dynamic(0)), name_of),
    text=EditionPart((Static("Dear "), Dynamic(0), Static(",\nout: "), Dynamic(1), Static("\n.\nFrom us\n")), url_of),
    html=EditionPart(
        (
            Static("<p>Dear "),
            Dynamic(0),
            Static('</p>\n<a href="'),
            ServiceLink(LinkKind.PERSONAL_CLICK, 3),
            Static('">go</a> <a href="'),
            ServiceLink(LinkKind.UNSUBSCRIBE),
            Static('">out</a>'),
        ),
        name_of,
    ),
)


def read(letter: ReadyMessage) -> EmailMessage:
    message = email.message_from_bytes(letter.content, policy=email.policy.SMTP)
    assert isinstance(message, EmailMessage)
    for part in message.walk():
        assert part.defects == []
        assert isinstance(part, EmailMessage)
        for _, value in part.items():
            assert value.defects == () if hasattr(value, "defects") else True
    return message


def verifies(content: bytes, index: int = 0) -> bool:
    try:
        return bool(dkim.DKIM(content).verify(idx=index, dnsfunc=lambda name, timeout=5: RECORDS.get(name)))
    except dkim.ValidationError:  # its way to say that the body hash differs
        return False


def compose(
    content: EditionContent = CONTENT, recipient: Recipient = DORA, stream: CampaignStream = CAMPAIGN
) -> ReadyMessage:
    return Composer(content, stream, SERVICE, RING, [SIGNER]).compose(recipient, AT)


def contents(letter: ReadyMessage) -> tuple[str, str]:
    text, html = read(letter).iter_parts()
    assert isinstance(text, EmailMessage)
    assert isinstance(html, EmailMessage)
    assert text.get_content_type() == "text/plain"
    assert html.get_content_type() == "text/html"
    return arrived(text.get_content()), arrived(html.get_content())


def is_fit_for_smtp(letter: ReadyMessage) -> None:
    assert letter.content.endswith(b"\r\n")
    assert letter.size == len(letter.content)
    for line in letter.content.removesuffix(b"\r\n").split(b"\r\n"):
        assert len(line) <= 998
        assert not line.startswith(b".")
        assert b"\r" not in line
        assert b"\n" not in line
    assert letter.content.isascii() or letter.smtputf8


def test_every_field_stands_once() -> None:
    message = read(compose())
    assert Counter(name for name in message) == Counter(ONCE)
    assert "Auto-Submitted" not in message


def test_the_fields_say_what_the_rules_demand() -> None:
    letter = compose()
    message = read(letter)
    assert message["From"] == "Anna's Änderungen <news@news.example.org>"
    assert message["Reply-To"] == "anna@example.org"
    assert message["To"] == "Dora <dora@example.net>"
    assert message["Subject"] == "News for Dora"
    assert message["Date"] == format_datetime(AT)
    assert message["List-Id"] == '"Anna\'s news" <l12.a7.list.example.net>' or message["List-Id"].endswith(
        "<l12.a7.list.example.net>"
    )
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert message["List-Post"] == "NO"
    assert message["Content-Language"] == "de"
    assert message["List-Help"] == "<https://u.example.net/help/4K7Q-92XD-E>"
    assert message["Precedence"] == "bulk"
    assert message["X-Mailing-ID"] == "4K7Q-92XD-E"
    assert message["X-Report-Abuse-To"] == "<abuse@mail.example.net>"
    assert message["Feedback-ID"] == "4K7Q-92XD-E:a7:campaign:flatrate"
    assert message["CFBL-Address"] == "fbl@bounce.news.example.org; report=arf"
    assert message["Message-ID"] == letter.message_id
    assert letter.envelope_to == "dora@example.net"
    assert not letter.smtputf8
    is_fit_for_smtp(letter)


def test_every_way_back_leads_to_the_delivery() -> None:
    letter = compose()
    message = read(letter)
    bounce = parse_recipient(letter.envelope_from)
    assert (bounce.kind, bounce.domain) == (RecipientKind.BOUNCE, "bounce.news.example.org")
    out = judge_list_unsubscribe([message["List-Unsubscribe"]], [message["List-Unsubscribe-Post"]])
    assert out.is_one_click
    assert out.problems == ()
    assert out.https_uri is not None
    assert out.mailto_address is not None
    by_mail = parse_recipient(out.mailto_address)
    assert by_mail.kind is RecipientKind.UNSUBSCRIBE
    found = {
        TokenPurpose.VERP: bounce.token,
        TokenPurpose.UNSUBSCRIBE: out.https_uri.removeprefix("https://u.example.net/u/"),
        TokenPurpose.FEEDBACK: str(message["CFBL-Feedback-ID"]),
        TokenPurpose.MESSAGE_ID: letter.message_id.partition(".")[2].partition("@")[0],
    }
    assert by_mail.token == found[TokenPurpose.UNSUBSCRIBE]
    for purpose, token in found.items():
        assert token is not None
        claims = RING.open_token(purpose, token)
        assert claims is not None
        assert (claims.account_id, claims.delivery_id) == (7, 42)
    assert find_in_text(letter.message_id) == ("4K7Q-92XD-E",)


def test_both_parts_arrive_as_written_with_working_links() -> None:
    text, html = contents(compose())
    unsubscribe = "https://u.example.net/u/" + RING.seal(TokenPurpose.UNSUBSCRIBE, 7, 42)
    click = "https://u.example.net/k/" + RING.seal(TokenPurpose.PERSONAL_CLICK, 7, 42, 3)
    assert text == f"Dear Dora,\nout: {unsubscribe}\n.\nFrom us\n"
    assert html == f'<p>Dear Dora</p>\n<a href="{click}">go</a> <a href="{unsubscribe}">out</a>\n'


def test_it_is_signed_by_the_sender_and_covers_both_unsubscribe_fields() -> None:
    letter = compose()
    assert verifies(letter.content)
    signature = re.sub(rb"\s+", b"", letter.content.partition(b"\r\nFrom:")[0])
    signed = re.search(rb"h=([^;]+);", signature)
    assert signed is not None
    names = signed.group(1).split(b":")
    assert {name.lower().encode() for name in ONCE} - {b"dkim-signature"} == set(names) - set(ABSENT)
    for name in TWICE:
        assert names.count(name) == 2
    for name in ABSENT:
        assert names.count(name) == 1
    seconds = int(AT.timestamp())
    assert b"t=%d;x=%d;" % (seconds, seconds + 48 * 3600) in signature
    assert b"l=" not in signature.partition(b"bh=")[0]


@pytest.mark.parametrize("field", [
    b"From: Eve <eve@example.com>", b"Subject: Win!", b"To: <eve@example.com>", b"Cc: <eve@example.com>",
    b"Sender: <eve@example.com>", b"List-Unsubscribe: <https://evil.example/>", b"List-Id: <evil.example>",
    b"List-Unsubscribe-Post: List-Unsubscribe=One-Click", b"Feedback-ID: a:b:c:evilevil", b"MIME-Version: 1.0",
    b"CFBL-Address: fbl@evil.example; report=arf", b"CFBL-Feedback-ID: 1", b"Content-Transfer-Encoding: base64",
])  # fmt: skip
def test_a_second_field_breaks_the_signature(field: bytes) -> None:
    content = compose().content
    assert not verifies(field + b"\r\n" + content)
    assert not verifies(content.replace(b"\r\n\r\n", b"\r\n" + field + b"\r\n\r\n", 1))


@pytest.mark.parametrize(
    "change",
    [
        (b"List-Unsubscribe: <https://u.", b"List-Unsubscribe: <https://v."),
        (b"One-Click", b"One-Clack"),
        (b"Dear Dora", b"Dear Carl"),
        (b"report=arf", b"report=xarf"),
        (b"X-Mailing-ID: 4", b"X-Mailing-ID: 5"),
    ],
)
def test_tampering_breaks_the_signature(change: tuple[bytes, bytes]) -> None:
    content = compose(replace(CONTENT, text=EditionPart.fixed("Dear Dora"))).content
    assert verifies(content)
    assert change[0] in content
    assert not verifies(content.replace(*change, 1))


def test_a_foreign_feedback_domain_needs_its_own_signature() -> None:
    stream = replace(CAMPAIGN, feedback_domain=None)
    with pytest.raises(ComposeError, match=r"mail\.example\.net"):
        Composer(CONTENT, stream, SERVICE, RING, [SIGNER])
    letter = Composer(CONTENT, stream, SERVICE, RING, [SIGNER, SERVICE_SIGNER]).compose(DORA, AT)
    assert letter.content.count(b"DKIM-Signature:") == 2
    assert b"CFBL-Address: fbl@mail.example.net; report=arf\r\n" in letter.content
    assert verifies(letter.content, 0)
    assert verifies(letter.content, 1)


def test_a_signature_of_another_domain_alone_is_refused() -> None:
    with pytest.raises(ComposeError, match="aligned"):
        Composer(CONTENT, CAMPAIGN, SERVICE, RING, [SERVICE_SIGNER])
    with pytest.raises(ComposeError, match="aligned"):
        Composer(CONTENT, NOTICE, SERVICE, RING, [SERVICE_SIGNER])


def test_the_complaints_field_of_csa_is_there_only_by_setting() -> None:
    certified = replace(SERVICE, csa_complaints="csa-complaints@eco.de")
    letter = Composer(CONTENT, CAMPAIGN, certified, RING, [SIGNER]).compose(DORA, AT)
    assert read(letter)["X-CSA-Complaints"] == "csa-complaints@eco.de"
    assert verifies(letter.content)


def test_a_notice_is_marked_as_automatic_and_is_no_mailing() -> None:
    content = EditionContent(
        EditionPart.fixed("Confirm your sign-up"),
        html=EditionPart((Dynamic(0),), name_of),
        text=EditionPart((Dynamic(0),), name_of),
    )
    letter = Composer(content, NOTICE, SERVICE, RING, [SIGNER]).compose(DORA, AT)
    message = read(letter)
    names = [name.lower() for name in message]
    assert len(set(names)) == len(names)
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["X-Auto-Response-Suppress"] == "DR, RN, NRN, OOF, AutoReply"  # a bounce (NDR) must return
    assert not [name for name in names if name.startswith(("list-", "cfbl", "feedback", "precedence", "x-mailing"))]
    assert verifies(letter.content)
    assert b"; x=" not in letter.content
    claims = RING.open_token(TokenPurpose.MESSAGE_ID, letter.message_id[1:].partition("@")[0])
    assert claims is not None
    assert claims.delivery_id == 42
    answered = replace(NOTICE, reply_to=NamedAddress("anna@example.org"))
    with_reply = Composer(content, answered, SERVICE, RING, [SIGNER]).compose(DORA, AT)
    assert read(with_reply)["Reply-To"] == "anna@example.org"
    assert verifies(with_reply.content)


def test_compiled_templates_become_a_message_with_the_links_they_name() -> None:
    compiled = EditionContent.of(
        subject=LiquidTemplate.parse("Hello {{ contact.first_name }}", autoescape=False, single_line=True),
        html=LiquidTemplate.parse(
            '<p>{{ contact.first_name }} <a href="{{ unsubscribe_url }}">out</a> {{ mailing_id }}</p>', autoescape=True
        ),
        text=LiquidTemplate.parse("{{ contact.first_name }}: {{ unsubscribe_url }} {{ web_url }}", autoescape=False),
    )
    assert compiled.rendered_links == {LinkKind.UNSUBSCRIBE, LinkKind.WEB_VIEW}
    recipient = DORA._replace(values={"contact": {"first_name": "<Dörte>"}})
    letter = compose(compiled, recipient)
    assert verifies(letter.content)
    assert read(letter)["Subject"] == "Hello <Dörte>"
    unsubscribe = "https://u.example.net/u/" + RING.seal(TokenPurpose.UNSUBSCRIBE, 7, 42)
    web = "https://u.example.net/w/" + RING.seal(TokenPurpose.ARCHIVE, 7, 42)
    text, html = contents(letter)
    assert text == f"<Dörte>: {unsubscribe} {web}\n"
    assert html == f'<p>&lt;Dörte&gt; <a href="{unsubscribe}">out</a> 4K7Q-92XD-E</p>\n'


values = st.text(st.characters(exclude_categories=("Cs",)), max_size=120) | st.text(
    st.sampled_from('ab. =\r\n\t"<>,é😀مر'), max_size=120
)


def arrived(text: str) -> str:
    """A text with all its line ends, which travel as CRLF, as LF."""
    return text.replace("\r\n", "\n").replace("\r", "\n")


@given(values, values)
@example("a\r\nBcc: eve@example.com", "a\r\n\r\n<script>")
@example(".\r\n", "\r\n.\r\n")
@example("", "")
def test_whatever_a_recipient_brings_stays_in_its_place(name: str, line: str) -> None:
    recipient = Recipient(42, "dora@example.net", name, {"name": line})
    letter = compose(recipient=recipient)
    message = read(letter)
    assert Counter(message.keys()) == Counter(ONCE)
    assert verifies(letter.content)
    is_fit_for_smtp(letter)
    text, html = contents(letter)
    assert text.startswith(f"Dear {arrived(line)},\nout: https://")
    assert html.startswith(f"<p>Dear {arrived(line)}</p>\n")
    assert str(message["Subject"]).split() == f"News for {line}".split() or not line.isprintable()


@given(values, values, values)
def test_whatever_an_author_writes_arrives(subject: str, text: str, html: str) -> None:
    content = EditionContent(EditionPart.fixed(subject), html=EditionPart.fixed(html), text=EditionPart.fixed(text))
    if re.search("[\x00-\x1f\x7f-\x9f\u2028\u2029]", subject):
        with pytest.raises(HeaderError):
            compose(content)
        return
    letter = compose(content)
    assert read(letter)["Subject"] == subject
    assert verifies(letter.content)
    is_fit_for_smtp(letter)
    for written, found in zip((text, html), contents(letter), strict=True):
        assert found == arrived(written) + ("" if written.endswith(("\n", "\r")) else "\n")


@pytest.mark.parametrize("address", ["dora@example.net\r\nBcc: eve@example.com", "dora", "a@b@c", ""])
def test_an_unfit_address_is_refused(address: str) -> None:
    with pytest.raises(HeaderError):
        compose(recipient=DORA._replace(address=address))


def test_an_international_mailbox_asks_for_smtputf8() -> None:
    letter = compose(recipient=DORA._replace(address="dörte@example.net"))
    assert letter.smtputf8
    assert letter.envelope_to == "dörte@example.net"
    assert "To: Dora <dörte@example.net>\r\n".encode() in letter.content
    assert verifies(letter.content)


def test_the_same_delivery_gives_the_same_octets_and_another_second_another_date() -> None:
    composer = Composer(CONTENT, CAMPAIGN, SERVICE, RING, [SIGNER])
    first = composer.compose(DORA, AT)
    assert composer.compose(DORA, AT + timedelta(milliseconds=300)) == first
    east = timezone(timedelta(hours=5, minutes=30))
    assert composer.compose(DORA, AT.astimezone(east)) == first
    later = composer.compose(DORA, AT + timedelta(hours=10))
    assert read(later)["Date"] == format_datetime(AT + timedelta(hours=10))
    assert verifies(later.content)
    assert composer.compose(DORA, AT) == first


def test_misplaced_links_are_refused() -> None:
    with pytest.raises(ComposeError, match="subject"):
        compose(replace(CONTENT, subject=EditionPart((ServiceLink(LinkKind.UNSUBSCRIBE),))))
    with pytest.raises(ComposeError, match="everybody"):
        compose(replace(CONTENT, text=EditionPart((ServiceLink(LinkKind.CLICK, 1),))))


def test_a_naive_time_is_refused() -> None:
    with pytest.raises(ValueError, match="time zone"):
        Composer(CONTENT, CAMPAIGN, SERVICE, RING, [SIGNER]).compose(DORA, AT.replace(tzinfo=None))
