"""Charsets that strangers declare: what Python can decode besides text, or only slowly, isn't one."""

import pytest

from mailflatrate.apps.campaigns.actions.message_copies import decoded
from mailflatrate.mail.fetched.linked_page import read_linked_page
from mailflatrate.mail.reading.message import FormFault, read_message
from mailflatrate.mail.reading.mime import decode_bytes, decode_words, find_codec
from support.cost import costs_at_most

NONE = ["punycode", "Punycode", "idna", "undefined", "zip"]
LONG = b"a-" + b"b" * 200_000
"""Decoded as Punycode, this takes more than ten seconds, and five times as many octets take minutes."""


@pytest.mark.parametrize("name", NONE)
def test_codec_of_something_else_is_no_charset(name: str) -> None:
    assert find_codec(name) is None


@pytest.mark.parametrize("name", ["utf-8", " 'UTF-8' ", "us-ascii", "windows-1252", "GB2312", "x-sjis", "koi8-r"])
def test_charset_is_found(name: str) -> None:
    assert find_codec(name) is not None


@pytest.mark.parametrize("name", NONE)
def test_declared_charset_costs_no_more_than_its_octets(name: str) -> None:
    with costs_at_most(2):
        assert decode_bytes(LONG, name) == LONG.decode()
        assert "b" * 100 in decode_words(f"=?{name}?q?{LONG.decode()}?=")
        read_linked_page(LONG, name)
        assert decoded(f'<meta charset="{name}">'.encode() + b"\xfc" + LONG).endswith("b")


def test_charset_that_is_none_is_a_fault_of_the_message() -> None:
    head = b"From: a@b.example\nMIME-Version: 1.0\nContent-Type: text/plain; charset=punycode\n\n"
    with costs_at_most(2):
        assert FormFault.UNKNOWN_CHARSET in read_message(head + LONG).faults
