"""Quoted-printable in independent pieces (RFC 2045 section 6.7): each fixed text and each filling is encoded alone and
ends in a line break, so fixed ones are encoded once per edition. Relaxed canonicalization (RFC 6376 section 3.4.4)
leaves the result unchanged; no line begins with a dot (RFC 5321 section 4.5.2) or "From "; `=_` cannot occur, so a
boundary that has it is never mistaken.
"""

import re
from typing import Final

_LINE_LENGTH: Final = 76
_PLAIN: Final = re.compile(r"(?!\.|From )[!-<>-~]+(?: [!-<>-~]+)*").fullmatch
_UNSAFE: Final = re.compile(rb"[^!-<>-~ \n]|(?<= ) | (?=\n|\Z)")
_UNSAFE_START: Final = re.compile(rb"\.|From ")
_LONE_SURROGATE: Final = re.compile("[\ud800-\udfff]")
_SOFT_BREAK: Final = b"=\r\n"


def encode_piece(text: str) -> bytes:
    """A piece begins at a line start and ends in CRLF, as CR and LF become; an empty one is nothing. Lone surrogates
    become U+FFFD.
    """
    # Most fillings are one plain word, for which there is a quicker check.
    if len(text) < _LINE_LENGTH and ((text.isalnum() and text.isascii()) or _PLAIN(text)):
        return text.encode("ascii") + _SOFT_BREAK
    if not text:
        return b""
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    try:
        octets = text.encode("utf-8")
    except UnicodeEncodeError:
        octets = _LONE_SURROGATE.sub("\ufffd", text).encode("utf-8")
    octets = _UNSAFE.sub(_escape, octets)
    if len(octets) < _LINE_LENGTH and b"\n" not in octets:
        return _wrap(octets) + _SOFT_BREAK
    lines = octets.split(b"\n")
    encoded = b"\r\n".join([_wrap(line) for line in lines])
    return encoded + _SOFT_BREAK if lines[-1] else encoded


def _escape(match: re.Match[bytes]) -> bytes:
    return b"=%02X" % match.group()[0]


def _wrap(line: bytes) -> bytes:
    wrapped = []
    start = 0
    while True:
        protected = b"=%02X" % line[start] if _UNSAFE_START.match(line, start) else b""
        start += bool(protected)
        end = start + _LINE_LENGTH - 1 - len(protected)
        if end >= len(line):
            wrapped.append(protected + line[start:])
            return b"".join(wrapped)
        # Never cut an escape: it is `=` and two digits.
        if line[end - 1] == 0x3D:
            end -= 1
        elif line[end - 2] == 0x3D:
            end -= 2
        wrapped.append(protected + line[start:end] + _SOFT_BREAK)
        start = end
