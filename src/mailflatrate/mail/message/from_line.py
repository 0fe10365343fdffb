"""Reads the raw value of a From field as a mail client shows it (RFC 5322 section 3.6.2; R-45, R-65), as far as
possible even if broken: forgers write such lines on purpose.
"""

import re
from dataclasses import dataclass

from mailflatrate.mail.address import AddressError, to_a_label
from mailflatrate.mail.reading.mime import decode_words

MAX_OCTETS = 8000
_MAX_DECODINGS = 3
_ANGLE = re.compile(r"<([^<>]*)>?")
_COMMENT = re.compile(r"\(((?:[^()\\]|\\.)*)\)")
_BARE = re.compile(r"[^\s<>(),;:\"]+@[^\s<>(),;:\"]+")


@dataclass(frozen=True, slots=True)
class FromMailbox:
    """The name as readers see it, the address as written, its domain as A-label ("" for none)."""

    name: str
    address: str
    domain: str


def read_from(value: str) -> tuple[FromMailbox, ...]:
    """Never raises. A name without any address gives one with an empty address; a comma outside quotes without an
    address before it belongs to the name, as clients show it.
    """
    mailboxes: list[FromMailbox] = []
    waiting: list[str] = []
    for piece in _pieces(" ".join(value[:MAX_OCTETS].split())):
        mailbox = _mailbox(piece)
        if mailbox is None:
            waiting.append(_name(piece))
            continue
        name = ", ".join(word for word in (*waiting, mailbox.name) if word)
        mailboxes.append(FromMailbox(name, mailbox.address, mailbox.domain))
        waiting = []
    rest = ", ".join(word for word in waiting if word)
    if rest:
        mailboxes.append(FromMailbox(rest, "", ""))
    return tuple(mailboxes)


def _pieces(text: str) -> list[str]:
    pieces, start, depth = [], 0, 0
    quoted = escaped = angle = False
    for at, char in enumerate(text):
        if escaped:
            escaped = False
        elif char == "\\":
            escaped = True
        elif char == '"' and not depth:
            quoted = not quoted
        elif quoted:
            continue
        elif char == "(":
            depth += 1
        elif char == ")":
            depth = max(0, depth - 1)
        elif char in "<>":
            angle = char == "<"
        elif char == "," and not depth and not angle:
            pieces.append(text[start:at])
            start = at + 1
    if quoted:  # a quote that is never closed quotes nothing
        return text.split(",")
    return [piece for piece in (*pieces, text[start:]) if piece.strip()]


def _mailbox(piece: str) -> FromMailbox | None:
    unquoted = re.sub(r'"(?:[^"\\]|\\.)*"', lambda match: "_" * len(match.group()), piece)
    angles = list(_ANGLE.finditer(unquoted))
    if angles:
        last = angles[-1]
        address = "".join(piece[last.start(1) : last.end(1)].split())
        return FromMailbox(_name(piece[: last.start()] + " " + piece[last.end() :]), address, _domain(address))
    comment = _COMMENT.search(unquoted)
    bare = _BARE.search(_COMMENT.sub(lambda match: "_" * len(match.group()), unquoted))
    if bare is None:
        return None
    name = decode_words(_COMMENT.sub(r"\1", piece[comment.start() : comment.end()])) if comment else ""
    rest = (piece[: bare.start()] + piece[bare.end() :]).replace(comment.group() if comment else "\0", "")
    return FromMailbox(" ".join(filter(None, (_name(rest), name))), bare.group(), _domain(bare.group()))


def _name(text: str) -> str:
    name = re.sub(r'\\(.)|"', lambda match: match[1] or "", text)
    for _ in range(_MAX_DECODINGS):
        decoded = decode_words(name)
        if decoded == name:
            break
        name = decoded
    return " ".join(name.split())


def _domain(address: str) -> str:
    local, at, domain = address.rpartition("@")
    if not at or not local:
        return ""
    try:
        return to_a_label(domain.rstrip(".").lower())
    except AddressError:
        return domain.lower()
