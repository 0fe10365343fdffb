"""Replies from bytes to values."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailflatrate.wire.smtp.envelope import dot_stuff
from mailflatrate.wire.smtp.reply import Reply, ReplyError, parse_capabilities, parse_reply, xtext


@pytest.mark.parametrize(
    ("lines", "reply"),
    [
        ([b"250 2.0.0 Ok"], Reply(250, "2.0.0", "Ok")),
        ([b"250"], Reply(250, None, "")),
        ([b"550-5.1.1 No such", b"550 5.1.1 user here"], Reply(550, "5.1.1", "No such\nuser here")),
        ([b"550 4.1.1 the classes differ"], Reply(550, None, "4.1.1 the classes differ")),
        ([b"450 4.2.2"], Reply(450, "4.2.2", "")),
        ([b"554 5.7.1.9 is no status"], Reply(554, None, "5.7.1.9 is no status")),
        ([b"550 Postfach \xfcberf\xfcllt"], Reply(550, None, "Postfach �berf�llt")),
    ],
)
def test_it_reads_replies(lines: list[bytes], reply: Reply) -> None:
    assert parse_reply(lines) == reply


@pytest.mark.parametrize("lines", [[b"hello"], [b"99 x"], [b"650 x"], [b"250x"], [b"250-a", b"251 b"], [b""]])
def test_it_refuses_what_is_no_reply(lines: list[bytes]) -> None:
    with pytest.raises(ReplyError):
        parse_reply(lines)


def test_it_reads_capabilities() -> None:
    lines = [b"250-relay.example", b"250-PIPELINING", b"250-size 1000", b"250-AUTH PLAIN login", b"250 STARTTLS"]
    offers = parse_capabilities(parse_reply(lines))
    assert offers.pipelining
    assert offers.starttls
    assert offers.size_limit_bytes == 1000
    assert offers.auth == {"PLAIN", "LOGIN"}
    assert not offers.chunking
    assert not offers.smtputf8


def test_xtext_encodes_what_rfc_3461_says() -> None:
    assert xtext("7Z=K+ä b") == "7Z+3DK+2B+C3+A4+20b"


@given(st.text())
def test_xtext_is_printable_ascii_without_blanks(value: str) -> None:
    encoded = xtext(value)
    assert all("!" <= character <= "~" and character != "=" for character in encoded)
    assert bytes.fromhex("".join(f"{ord(c):02x}" for c in encoded)) == encoded.encode()


@given(st.lists(st.sampled_from([b".", b"..", b"a", b".\r\n", b"\r\n", b"\n", b"\n."])).map(b"".join))
def test_a_stuffed_content_holds_no_end_of_data(content: bytes) -> None:
    stuffed = dot_stuff(content + b"\r\n")
    assert b"\n.\r\n" not in stuffed
    assert b"\n.\n" not in stuffed
    assert not stuffed.startswith((b".\r\n", b".\n"))
