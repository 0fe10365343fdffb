"""What a program submits by SMTP: data for a template, and nothing else; any octets get a reply."""

import base64
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailflatrate.mail.reading.submission import LARGEST, SubmissionRefused, read_submission

DATA = {"first_name": "Dora", "items": [{"title": "Snowdrops", "count": 20}]}
HEAD = "From: shop@lindenhof.example\r\nTo: dora@example.net\r\nX-Template: shipped\r\nX-Reference: order A-4711\r\n"


def raw(body: bytes = b"", more: str = "", head: str = HEAD) -> bytes:
    return f"{head}{more}\r\n".encode() + body


@pytest.mark.parametrize(
    ("more", "body"),
    [
        ("Content-Type: application/json\r\n", json.dumps(DATA).encode()),
        ("Content-Type: text/plain; charset=utf-8\r\n", json.dumps(DATA, indent=1).replace("\n", "\r\n").encode()),
        ("Content-Transfer-Encoding: base64\r\n", base64.encodebytes(json.dumps(DATA).encode())),
        ("Content-Transfer-Encoding: quoted-printable\r\n", json.dumps(DATA).replace("=", "=3D").encode()),
    ],
)
def test_data_are_read_in_every_usual_encoding(more: str, body: bytes) -> None:
    found = read_submission(raw(body, f"Message-ID: <1@shop.example>\r\n{more}"))
    assert (found.template, found.reference_kind, found.reference) == ("shipped", "order", "A-4711")
    assert found.data == DATA and found.message_id == "<1@shop.example>"


def test_a_template_without_data_needs_no_body() -> None:
    assert read_submission(raw()).data == {}


@pytest.mark.parametrize(
    ("message", "reply"),
    [
        (b"Subject: Hi\r\n\r\nBuy now", "550 5.7.1"),
        (raw(b"Buy now"), "550 5.6.0"),
        (raw(b"<p>Buy now</p>", "Content-Type: text/html\r\n"), "550 5.6.1"),
        (raw(b"--x", 'Content-Type: multipart/alternative; boundary="x"\r\n'), "550 5.6.1"),
        (raw(b"[]"), "550 5.6.0"),
        (raw(b"{}", "X-Template: other\r\n"), "550 5.6.0"),
        (raw(b"{}", "Content-Transfer-Encoding: x-uuencode\r\n"), "550 5.6.1"),
        (raw(b"{", "Content-Transfer-Encoding: base64\r\n"), "550 5.6.0"),
        (raw(b'{"a": NaN}'), "550 5.6.0"),
        (raw(b"[" * 5000), "550 5.6.0"),
        (raw(b'{"a":' * 20 + b"1" + b"}" * 20), "550 5.6.0"),
        (raw(b"{}", head="X-Template: shipped\r\n"), "550 5.6.0"),
        (raw(b"{}", "no field\r\n"), "550 5.6.0"),
        (raw(b"{}", "X-A: 1\r\n" * 200), "550 5.6.0"),
        (b"\xff\xfe: x\r\n\r\n", "550 5.6.7"),
        (raw(b"x" * LARGEST), "552 5.3.4"),
    ],
)
def test_everything_else_is_refused_with_a_clear_reply(message: bytes, reply: str) -> None:
    with pytest.raises(SubmissionRefused) as refused:
        read_submission(message)
    assert str(refused.value).startswith(reply)
    assert str(refused.value).isascii() and "\n" not in str(refused.value)


@given(st.binary(max_size=2000))
def test_any_octets_are_read_or_refused(octets: bytes) -> None:
    _reads(octets)


PIECES = (
    *(b"X-Template: a\r\n", b"X-Reference: order 1\r\n", b"Content-Type: ", b"application/json\r\n", b"\r\n", b" "),
    *(b"Content-Transfer-Encoding: base64\r\n", b"=?utf-8?q?order_1?=", b"=?x?b?=?=", b"{}", b'{"a": "b"}', b"=3D"),
    *(b"X-Reference: =?utf-8?q?order_1?=\r\n", b"\x00", b"\xff", b"[1e999]"),
)


@given(st.lists(st.sampled_from(PIECES), max_size=20))
def test_any_order_of_usual_pieces_is_read_or_refused(pieces: list[bytes]) -> None:
    _reads(b"".join(pieces))


def _reads(octets: bytes) -> None:
    try:
        found = read_submission(octets)
    except SubmissionRefused as refused:
        assert str(refused)[:3] in ("550", "552") and "\n" not in str(refused)
    else:
        assert found.template and found.reference and isinstance(found.data, dict)
