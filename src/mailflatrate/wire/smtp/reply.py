"""Replies of an SMTP server, from bytes to values (RFC 5321 4.2, RFC 2034, RFC 3463). No sockets here."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import NamedTuple

# RFC 5321 4.5.3.1.5 allows 512 octets a line; real servers write longer ones, endless ones are an attack.
MAX_REPLY_LINE_BYTES = 8192
MAX_REPLY_LINES = 256
MAX_TEXT_CHARACTERS = 2000

_ENHANCED = re.compile(r"([245])\.(\d{1,3})\.(\d{1,3})(?:\s+|$)")
_LINE = re.compile(rb"[2-5][0-9][0-9](?:[ -]|$)")
# Nearly every reply is one line of plain text with the enhanced code that belongs to its code.
_USUAL = re.compile(rb"(([245])[0-9][0-9]) (\2\.[0-9]{1,3}\.[0-9]{1,3}) ([!-~]+(?: [!-~]+)*)")
_XTEXT_UNSAFE = re.compile(rb"[^!-*,-<>-~]")
_XTEXT_PLAIN = re.compile("[!-*,-<>-~]*")


class ReplyError(ValueError):
    """The server sent bytes that are not an SMTP reply."""


class Reply(NamedTuple):
    """`code` 200-599, `enhanced` such as "5.1.1" or None, `text` without codes, lines joined by LF."""

    code: int
    enhanced: str | None
    text: str


def parse_reply(lines: list[bytes]) -> Reply:
    """Lines have no line ends. Raises ReplyError without a three-digit code, or for different ones (RFC 5321 4.2.1)."""
    first = lines[0]
    usual = _USUAL.fullmatch(first)
    if usual and len(lines) == 1 and len(first) < MAX_TEXT_CHARACTERS:
        code, _, enhanced_code, rest = usual.groups()
        return Reply(int(code), enhanced_code.decode("ascii"), rest.decode("ascii"))
    for line in lines:
        if not _LINE.match(line):
            raise ReplyError(f"not an SMTP reply: {line[:80]!r}")
        if line[:3] != first[:3]:
            raise ReplyError("the lines of one reply have different codes")
    enhanced: str | None = None
    texts: list[str] = []
    for line in lines:
        text = line[4:].decode("utf-8", "replace").strip()
        match = _ENHANCED.match(text)
        # RFC 2034 4: every line of the reply repeats the enhanced code; its class must be that of the basic
        # code.
        if match and ord(match[1]) == first[0]:
            enhanced = enhanced or match[0].strip()
            text = text[match.end() :]
        texts.append(text)
    return Reply(int(first[:3]), enhanced, "\n".join(texts).strip()[:MAX_TEXT_CHARACTERS])


@dataclass(frozen=True, slots=True)
class Capabilities:
    """From the EHLO reply. `size_limit_bytes` 0 means that it gave no limit (RFC 1870 3)."""

    pipelining: bool = False
    chunking: bool = False
    eightbitmime: bool = False
    smtputf8: bool = False
    dsn: bool = False
    starttls: bool = False
    size: bool = False
    size_limit_bytes: int = 0
    auth: frozenset[str] = frozenset()


def parse_capabilities(reply: Reply) -> Capabilities:
    words: dict[str, list[str]] = {}
    auth: set[str] = set()
    for line in reply.text.split("\n")[1:]:
        parts = line.upper().split()
        if not parts:
            continue
        keyword, parameters = parts[0], parts[1:]
        if keyword.startswith("AUTH="):  # the form before RFC 2554, still sent along with the right one
            keyword, parameters = "AUTH", [keyword[5:], *parameters]
        if keyword == "AUTH":
            auth.update(parameters)
        words[keyword] = parameters
    size = words.get("SIZE", [])
    return Capabilities(
        pipelining="PIPELINING" in words,
        chunking="CHUNKING" in words,
        eightbitmime="8BITMIME" in words,
        smtputf8="SMTPUTF8" in words,
        dsn="DSN" in words,
        starttls="STARTTLS" in words,
        size="SIZE" in words,
        size_limit_bytes=int(size[0]) if size and size[0].isdecimal() else 0,
        auth=frozenset(auth),
    )


def xtext(value: str) -> str:
    """Encode for an ENVID or ORCPT parameter (RFC 3461 4): `+`, `=`, spaces and non-ASCII become `+XX`."""
    if _XTEXT_PLAIN.fullmatch(value):  # as each of our own ids is
        return value
    return _XTEXT_UNSAFE.sub(lambda match: b"+%02X" % match[0][0], value.encode()).decode("ascii")
