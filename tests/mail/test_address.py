"""Parsing addresses: what is one, how long it may be, and its canonical key (R-17, R-19, R-20).

Many addresses are searched for at once, and found exactly where each alone would be.
Addresses are found in a stored message in whatever encoding they stand, and hostile messages end quickly.
"""

import base64
import quopri
import time
from email.header import Header
from email.message import EmailMessage

import pytest
from email_validator import EmailNotValidError, validate_email
from hypothesis import given
from hypothesis import strategies as st

from mailflatrate.mail.address import Address, AddressError, AddressFault, canonical_key, parse, to_a_label, to_u_label
from mailflatrate.mail.address_search import AddressSearch
from mailflatrate.mail.reading.named_addresses import MOST_ADDRESSES, named_addresses
from support.cost import seconds_of_a_million_turns


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("anna@papierladen.de", Address("anna", "papierladen.de", "anna@papierladen.de")),
        ("Anna.Huber@Papierladen.DE", Address("Anna.Huber", "papierladen.de", "anna.huber@papierladen.de")),
        ("  anna@papierladen.de\r\n", Address("anna", "papierladen.de", "anna@papierladen.de")),
        ("\ufeffanna@papierladen.de\u200b", Address("anna", "papierladen.de", "anna@papierladen.de")),
        ("a+b@c.de", Address("a+b", "c.de", "a+b@c.de")),
        ("o'neill@c.ie", Address("o'neill", "c.ie", "o'neill@c.ie")),
        ("x!#$%&'*+/=?^_`{|}~-@c.de", Address("x!#$%&'*+/=?^_`{|}~-", "c.de", "x!#$%&'*+/=?^_`{|}~-@c.de")),
        ("anna@münchen.de", Address("anna", "xn--mnchen-3ya.de", "anna@xn--mnchen-3ya.de")),
        ("anna@MÜNCHEN.de", Address("anna", "xn--mnchen-3ya.de", "anna@xn--mnchen-3ya.de")),
        ("anna@XN--MNCHEN-3YA.de", Address("anna", "xn--mnchen-3ya.de", "anna@xn--mnchen-3ya.de")),
        ("anna@straße.de", Address("anna", "xn--strae-oqa.de", "anna@xn--strae-oqa.de")),
        ("用户@例子.中国", Address("用户", "xn--fsqu00a.xn--fiqs8s", "用户@xn--fsqu00a.xn--fiqs8s")),
        ("Käthe@papierladen.de", Address("Käthe", "papierladen.de", "käthe@papierladen.de")),
        ("Ka\u0308the@papierladen.de", Address("Käthe", "papierladen.de", "käthe@papierladen.de")),
        ("a@b.museum", Address("a", "b.museum", "a@b.museum")),
        ("1@2.de", Address("1", "2.de", "1@2.de")),
    ],
)
def test_addresses(text: str, expected: Address) -> None:
    assert parse(text) == expected
    assert parse(text).text == f"{expected.local}@{expected.domain}"


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("", AddressFault.EMPTY),
        (" \t ", AddressFault.EMPTY),
        ("anna", AddressFault.NO_AT),
        ("anna@", AddressFault.NO_AT),
        ("@papierladen.de", AddressFault.LOCAL_SYNTAX),
        (".anna@papierladen.de", AddressFault.LOCAL_SYNTAX),
        ("anna.@papierladen.de", AddressFault.LOCAL_SYNTAX),
        ("an..na@papierladen.de", AddressFault.LOCAL_SYNTAX),
        ("an na@papierladen.de", AddressFault.LOCAL_SYNTAX),
        ("anna@huber@papierladen.de", AddressFault.LOCAL_SYNTAX),
        ("Anna <anna@papierladen.de>", AddressFault.LOCAL_SYNTAX),
        ("mailto:anna@papierladen.de", AddressFault.LOCAL_SYNTAX),
        ("anna(comment)@papierladen.de", AddressFault.LOCAL_SYNTAX),
        ("an\u200bna@papierladen.de", AddressFault.LOCAL_SYNTAX),
        ("an\u202ena@papierladen.de", AddressFault.LOCAL_SYNTAX),
        ("\u0301anna@papierladen.de", AddressFault.LOCAL_SYNTAX),
        ("an,na@papierladen.de", AddressFault.LOCAL_SYNTAX),
        ("ä na@papierladen.de", AddressFault.LOCAL_SYNTAX),
        ('"anna huber"@papierladen.de', AddressFault.QUOTED_LOCAL),
        ("anna@[192.0.2.7]", AddressFault.DOMAIN_LITERAL),
        ("anna@[IPv6:2001:db8::1]", AddressFault.DOMAIN_LITERAL),
        ("anna@192.0.2.7", AddressFault.DOMAIN_SYNTAX),
        ("anna@papierladen..de", AddressFault.DOMAIN_SYNTAX),
        ("anna@.papierladen.de", AddressFault.DOMAIN_SYNTAX),
        ("anna@papierladen.de.", AddressFault.DOMAIN_SYNTAX),
        ("anna@-papierladen.de", AddressFault.DOMAIN_SYNTAX),
        ("anna@papierladen-.de", AddressFault.DOMAIN_SYNTAX),
        ("anna@papier_laden.de", AddressFault.DOMAIN_SYNTAX),
        ("anna@papierladen.d", AddressFault.DOMAIN_SYNTAX),
        ("anna@papierladen.123", AddressFault.DOMAIN_SYNTAX),
        ("anna@papier laden.de", AddressFault.DOMAIN_SYNTAX),
        ("anna@papierladen,de", AddressFault.DOMAIN_SYNTAX),
        ("anna@localhost", AddressFault.NO_DOT),
        ("anna@papierladen", AddressFault.NO_DOT),
        ("anna@😀.de", AddressFault.NOT_IDNA),
        ("anna@xn--zzzzzz.de", AddressFault.NOT_IDNA),
    ],
)
def test_what_is_none(text: str, fault: AddressFault) -> None:
    with pytest.raises(AddressError) as caught:
        parse(text)
    assert caught.value.fault is fault
    assert caught.value.text == text


LABEL = "b" * 60
LONGEST_DOMAIN = ".".join([LABEL, LABEL, LABEL, "c" * 5, "de"])


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("a" * 64 + "@papierladen.de", None),
        ("a" * 65 + "@papierladen.de", AddressFault.LOCAL_TOO_LONG),
        ("ä" * 32 + "@papierladen.de", None),
        ("ä" * 33 + "@papierladen.de", AddressFault.LOCAL_TOO_LONG),
        (("a" * 31 + ".") * 2 + "@papierladen.de", AddressFault.LOCAL_SYNTAX),
        ("a" * 40 + "." + "a" * 40 + "@papierladen.de", AddressFault.LOCAL_TOO_LONG),
        ("anna@" + "b" * 63 + ".de", None),
        ("anna@" + "b" * 64 + ".de", AddressFault.DOMAIN_TOO_LONG),
        ("anna@" + "ü" * 60 + ".de", AddressFault.DOMAIN_TOO_LONG),
        ("a" * (254 - 1 - len(LONGEST_DOMAIN)) + "@" + LONGEST_DOMAIN, None),
        ("a" * (255 - 1 - len(LONGEST_DOMAIN)) + "@" + LONGEST_DOMAIN, AddressFault.ADDRESS_TOO_LONG),
        ("ä" * 31 + "@" + LONGEST_DOMAIN, None),
        ("ä" * 31 + "a@" + LONGEST_DOMAIN, AddressFault.ADDRESS_TOO_LONG),
        ("a@" + ".".join([LABEL] * 4) + ".information", AddressFault.DOMAIN_TOO_LONG),
    ],
)
def test_lengths_count_octets(text: str, fault: AddressFault | None) -> None:
    if fault is None:
        assert len(parse(text).text.encode()) <= 254
    else:
        with pytest.raises(AddressError) as caught:
            parse(text)
        assert caught.value.fault is fault


def test_labels_go_both_ways() -> None:
    assert to_a_label("Zürich.CH") == "xn--zrich-kva.ch"
    assert to_u_label("xn--zrich-kva.ch") == "zürich.ch"
    assert to_u_label("papierladen.de") == "papierladen.de"
    assert to_u_label("xn--zzzzzz.de") == "xn--zzzzzz.de"


def test_only_a_foreign_local_part_needs_smtputf8() -> None:
    assert parse("käthe@papierladen.de").needs_smtputf8
    assert not parse("anna@münchen.de").needs_smtputf8


def test_a_tag_and_a_dot_make_another_mailbox() -> None:
    assert len({canonical_key(text) for text in ("anna@c.de", "anna+x@c.de", "an.na@c.de", "ANNA@c.de")}) == 3


LOCALS = st.from_regex(r"[A-Za-z0-9_+-]{1,12}(\.[A-Za-z0-9_+-]{1,12}){0,3}", fullmatch=True)
DOMAINS = st.from_regex(r"([a-z0-9]([a-z0-9-]{0,10}[a-z0-9])?\.){1,3}(de|com|berlin)", fullmatch=True).filter(
    lambda domain: not any(label[2:4] == "--" for label in domain.split("."))
)


@given(LOCALS, DOMAINS, st.text(max_size=64))
def test_the_canonical_key_is_idempotent_and_blind_to_case(local: str, domain: str, noise: str) -> None:
    key = canonical_key(f"{local}@{domain}")
    assert canonical_key(key) == key
    assert canonical_key(f"{local.upper()}@{domain.upper()}") == key
    try:
        strange = canonical_key(f"{noise}@{domain}")
    except AddressError:
        return
    assert canonical_key(strange) == strange


@given(LOCALS, DOMAINS)
def test_an_independent_validator_agrees(local: str, domain: str) -> None:
    text = f"{local}@{domain}"
    try:
        other = validate_email(text, check_deliverability=False)
    except EmailNotValidError:
        with pytest.raises(AddressError):
            parse(text)
        return
    assert parse(text).domain == other.ascii_domain
    assert parse(text).local == other.local_part


@given(st.text(max_size=100))
def test_any_text_is_an_address_or_an_address_error(text: str) -> None:
    try:
        address = parse(text)
    except AddressError:
        return
    assert address.domain.isascii()
    assert len(address.text.encode()) <= 254
    assert parse(address.text) == address


def test_addresses_are_found_wherever_they_occur_in_a_text() -> None:
    emails = ["bo@x.de", "bob@x.de", "jim@y.example", "jürgen@x.de", "b@x.de", "o'neil+tag@y.example"]
    search = AddressSearch(emails)
    for text in (
        "",
        "@",
        "x@",
        "@x.de",
        "bob@x.de",
        "jim.bob@x.de, JIM",
        "b@x.dex",
        "mailto:jim@y.example?",
        "jürgen@x.de@x.de",
        '"o\'neil+tag@y.example"',
        "bo@x.d",
        "jim@y.exampl",
        "a b@x.debo@x.de",
        "jim@@y.example",
    ):
        expected = {number for number, email in enumerate(emails) if email in text}
        assert search.named_in(text.encode()) == expected, text
    assert AddressSearch([]).named_in(b"a@b") == set()


DORA = "dora.winter@posteo.de"
TEXT = f"Hallo, ich bin {DORA} und möchte nichts mehr.\r\n"


def wrapped(text: bytes) -> bytes:
    return base64.encodebytes(text).replace(b"\n", b"\r\n")


def nested(depth: int) -> bytes:
    body = TEXT.encode()
    for _layer in range(depth):
        body = b"Content-Transfer-Encoding: base64\r\n\r\n" + wrapped(body)
    return body


def in_mime() -> bytes:
    message = EmailMessage()
    message["From"] = "Someone <someone@example.net>"
    message.set_content("see attachment")
    message.add_attachment(TEXT.encode("utf-16"), maintype="text", subtype="plain", filename="note.txt")
    return message.as_bytes()


@pytest.mark.parametrize(
    "raw",
    [
        f"From: {DORA.upper()}\r\n\r\nhello".encode(),
        f"From: Dora <{DORA}>\r\n\r\n".encode(),
        b"Subject: x\r\n\r\n" + wrapped(TEXT.encode()),
        b"Subject: x\r\n\r\n" + wrapped(TEXT.encode()).replace(b"\r\n", b"\n"),
        b"Subject: x\r\n\r\n" + base64.b64encode(TEXT.encode()),
        b"Subject: x\r\n\r\n" + quopri.encodestring(TEXT.encode(), quotetabs=True),
        b"\r\ndora.winter=\r\n@posteo.de",
        b"\r\ndora=2Ewinter=40posteo=2Ede",
        f"Subject: {Header(f'an {DORA} für', 'utf-8').encode()}\r\n\r\n".encode(),
        b"Subject: =?utf-8?q?an_dora=2Ewinter=40posteo=2Ede?=\r\n\r\n",
        b"\r\nhttps://x.example/?email=dora.winter%40posteo.de&a=1",
        b"\r\nhttps://x.example/?email=dora%2Ewinter%2540posteo%252Ede",
        b"\r\n<a href='mailto:dora.winter&#64;posteo&#x2e;de'>",
        b"\r\n<p>dora.winter&commat;posteo.de</p>",
        b'\r\n{"destination": ["\\u003cdora.winter\\u0040posteo.de\\u003e"]}',
        b"\r\n" + TEXT.encode("utf-16-le"),
        in_mime(),
        nested(3),
        b"Final-Recipient: rfc822;dora.winter@posteo.de\r\n",
        b"To: bounce+dora.winter=posteo.de@lists.example\r\n",
        b"Return-Path: <SRS0=x1Yz=TT=posteo.de=dora.winter@forward.example>\r\n",
        b"\r\n'dora.winter@posteo.de'.",
        b"\r\n550 <dora.winter@posteo.de>... User unknown",
        b"\r\ndora.winter+AEA-posteo.de",
    ],
)
def test_an_address_is_found_in_whatever_encoding(raw: bytes) -> None:
    found = named_addresses(raw)
    assert found is not None
    assert DORA in found


def test_the_envelope_counts() -> None:
    assert named_addresses(b"", DORA.upper()) == {DORA}


def test_domains_are_one_in_letters_and_in_punycode() -> None:
    letters, punycode = "dora@münchen.de", "dora@xn--mnchen-3ya.de"
    for spelled in (letters, punycode, punycode.upper()):
        assert named_addresses(f"To: {spelled}\r\n".encode()) == {punycode}
    assert named_addresses(b"\r\n" + wrapped(f"an {letters}".encode())) == {punycode}


def test_another_address_is_not_taken_for_this_one() -> None:
    found = named_addresses(b"\r\nmy-dora.winter@posteo.de, dora.winter@posteo.de.example, dora.winters@posteo.de")
    assert found is not None
    assert DORA not in found


@pytest.mark.parametrize(
    "part",
    [b"@", b"a@", b"a", b"a=", b"=?", b"=?utf-8?q?", b"%40", b"%25", b"&#6", b"\\u00", b"aaaa\n", b"a@b.de ", b"a=b@",
     b"="],
)  # fmt: skip
def test_hostile_messages_end_quickly_and_grow_linearly(part: bytes) -> None:
    """Four times as much doesn't take 16 times as long."""

    def seconds(octets: int) -> float:
        raw = part * (octets // len(part))
        begun = time.process_time()
        named_addresses(raw)
        return time.process_time() - begun

    small, large = seconds(250_000), seconds(1_000_000)
    assert large < max(10 * small, 5 * seconds_of_a_million_turns())


def test_a_message_with_too_many_addresses_says_so() -> None:
    assert named_addresses(b"\r\n".join(b"a%d@example.net" % number for number in range(MOST_ADDRESSES + 1))) is None
