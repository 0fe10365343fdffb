"""Addresses are found in a stored message in whatever encoding they stand, and hostile messages end quickly."""

import base64
import quopri
import time
from email.header import Header
from email.message import EmailMessage

import pytest

from mailflatrate.mail.reading.named_addresses import MOST_ADDRESSES, named_addresses
from support.cost import seconds_of_a_million_turns

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
