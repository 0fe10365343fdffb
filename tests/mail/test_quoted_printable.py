"""Pieces encoded alone join to the whole text, in a form that no later stage has to touch."""

import quopri
import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from mailflatrate.mail.message.quoted_printable import encode_piece

texts = st.text(max_size=300) | st.text(st.sampled_from("a .=\t\n\r-éFrom 😀"), max_size=300)


def decoded(octets: bytes) -> str:
    return quopri.decodestring(octets).decode("utf-8")


def as_sent(text: str) -> str:
    replaced = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return replaced.replace("\r\n", "\n").replace("\r", "\n").replace("\n", "\r\n")


def relaxed(body: bytes) -> bytes:
    lines = [re.sub(rb"[ \t]+", b" ", line).rstrip(b" ") for line in body.split(b"\r\n")]
    return b"\r\n".join(lines)


@given(texts)
@example("." * 200)
@example("From " * 40)
@example(" " * 200)
@example("=" * 100)
@example("é" * 100)
@example("a" * 75)
@example("a" * 76)
def test_one_piece(text: str) -> None:
    encoded = encode_piece(text)
    assert decoded(encoded) == as_sent(text)
    assert encoded.isascii()
    assert encoded == b"" or encoded.endswith(b"\r\n")
    assert relaxed(encoded) == encoded
    assert b"=_" not in encoded
    for line in encoded.split(b"\r\n"):
        assert len(line) <= 76
        assert not line.startswith((b".", b"From "))
        assert b"\r" not in line
        assert b"\n" not in line
        assert re.fullmatch(rb"(?:[^=]|=[0-9A-F]{2})*=?", line)


@given(st.lists(texts, max_size=6))
def test_pieces_side_by_side_are_the_text_side_by_side(pieces: list[str]) -> None:
    encoded = b"".join(encode_piece(piece) for piece in pieces)
    assert decoded(encoded) == "".join(as_sent(piece) for piece in pieces)
    assert relaxed(encoded) == encoded


@pytest.mark.parametrize(
    ("text", "encoded"),
    [
        ("", b""),
        ("Dora", b"Dora=\r\n"),
        ("Dora\n", b"Dora\r\n"),
        ("Jörg", b"J=C3=B6rg=\r\n"),
        (".", b"=2E=\r\n"),
        ("a  b ", b"a =20b=20=\r\n"),
        ("\ud800", b"=EF=BF=BD=\r\n"),
    ],
)
def test_examples(text: str, encoded: bytes) -> None:
    assert encode_piece(text) == encoded
