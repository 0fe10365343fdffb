"""A message from anywhere, parsed so that rules can judge it: fields with their lines, parts, and faults of its form
(RFC 5322, 2045 to 2047; R-50, R-65). No content raises.
"""

from __future__ import annotations

import email.message
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import Enum

from mailflatrate.mail.reading.mime import MimePart, decode_words, find_codec, parse

MAX_LINE_OCTETS = 998
MAX_WORD_CHARS = 75
_FIELD = re.compile(rb"([!-9;-~]+)[ \t]*:(.*)", re.DOTALL)
_WORD = re.compile(r"=\?([^?\s]*)\?([^?\s]*)\?([^?]*)\?=")
_BASE64_LINES = re.compile(rb"[A-Za-z0-9+/=\s]*")
_MAX_FIELDS = 2000


class FormFault(Enum):
    NO_MIME_VERSION = "no_mime_version"
    NO_BOUNDARY = "no_boundary"
    BOUNDARY_UNUSED = "boundary_unused"
    NEVER_CLOSED = "never_closed"
    HTML_BEFORE_TEXT = "html_before_text"
    UNKNOWN_CHARSET = "unknown_charset"
    WRONG_CHARSET = "wrong_charset"
    UNKNOWN_ENCODING = "unknown_encoding"
    BROKEN_BASE64 = "broken_base64"
    BARE_LINE_END = "bare_line_end"
    NO_FIELD = "no_field"


@dataclass(frozen=True, slots=True)
class HeaderField:
    """`name` in lower case, `value` unfolded, not decoded, `line` from 1; `longest_line` in octets as sent."""

    name: str
    value: str
    line: int
    longest_line: int = 0

    @property
    def text(self) -> str:
        return decode_words(self.value)


@dataclass(frozen=True, slots=True)
class ParsedMessage:
    """`html` and `text` are the first that are not attachments, or "". `html_octets`: as transferred. `broken_words`
    are encoded words that RFC 2047 forbids.
    """

    fields: tuple[HeaderField, ...]
    html: str
    text: str
    html_octets: int
    text_octets: int
    total_octets: int
    attachments: tuple[str, ...]
    faults: tuple[FormFault, ...]
    broken_words: tuple[str, ...]
    longest_line: int
    longest_body_line: int
    eight_bit_header: bool
    eight_bit_body: bool

    def all(self, name: str) -> tuple[str, ...]:
        """Unfolded, not decoded; `name` in lower case."""
        return tuple(field.value for field in self.fields if field.name == name)

    def first(self, name: str) -> str:
        return next((field.value for field in self.fields if field.name == name), "")

    def text_of(self, name: str) -> str:
        return next((field.text for field in self.fields if field.name == name), "")

    def narrowed(self, fields: Sequence[HeaderField]) -> ParsedMessage:
        return replace(
            self,
            fields=tuple(fields),
            broken_words=tuple(dict.fromkeys(word for field in fields for word in _broken_words(field.value))),
            longest_line=max(self.longest_body_line, *(field.longest_line for field in fields), 0),
            eight_bit_header=any(not field.value.isascii() for field in fields),
        )

    def line_of(self, name: str) -> int:
        return next((field.line for field in self.fields if field.name == name), 1)


def read_message(raw: bytes) -> ParsedMessage:
    """Never raises."""
    head, body = _halves(raw)
    fields, strays = _fields(head)
    top = parse(raw)
    parts = [part for part in top.walk() if not part.parts]
    html = next((part for part in parts if part.media_type == "text/html" and not _is_attachment(part)), None)
    plain = next((part for part in parts if part.media_type in ("text/plain", "") and not _is_attachment(part)), None)
    words = [word for field in fields for word in _broken_words(field.value)]
    faults = _faults(raw, fields, top, strays=strays)
    return ParsedMessage(
        fields=tuple(fields),
        html=_text(html),
        text=_text(plain),
        html_octets=len(html.body) if html else 0,
        text_octets=len(plain.body) if plain else 0,
        total_octets=len(raw),
        attachments=tuple(_file_name(part) or part.media_type for part in parts if _is_attachment(part)),
        faults=tuple(dict.fromkeys(faults)),
        broken_words=tuple(dict.fromkeys(words)),
        longest_line=max(map(len, re.split(rb"\r?\n", raw)), default=0),
        longest_body_line=max(map(len, body.split(b"\n")), default=0),
        eight_bit_header=not head.isascii(),
        eight_bit_body=not body.isascii(),
    )


def _halves(raw: bytes) -> tuple[bytes, bytes]:
    text = raw.replace(b"\r\n", b"\n")
    if text.startswith((b"From ", b">From ")):  # the line with which an mbox begins a message
        text = text.partition(b"\n")[2]
    if text.startswith(b"\n"):
        return b"", text[1:]
    head, _, body = text.partition(b"\n\n")
    return head, body


def _fields(head: bytes) -> tuple[list[HeaderField], bool]:
    fields: list[HeaderField] = []
    strays = False
    line = 1
    for entry in re.split(rb"\n(?![ \t])", head)[:_MAX_FIELDS]:
        match = _FIELD.fullmatch(entry)
        if match is None:
            strays = strays or bool(entry.strip())
        else:
            value = re.sub(rb"[ \t]*\n[ \t]*", b" ", match[2]).strip()
            longest = max(map(len, entry.split(b"\n")))
            fields.append(HeaderField(match[1].decode("ascii").lower(), _decoded(value), line, longest))
        line += entry.count(b"\n") + 1
    return fields, strays


def _decoded(value: bytes) -> str:
    try:
        return value.decode("utf-8")
    except UnicodeDecodeError:
        return value.decode("latin-1")


def _text(part: MimePart | None) -> str:
    return "" if part is None else part.text()


def _is_attachment(part: MimePart) -> bool:
    if part.headers.raw("content-disposition").lower().startswith("attachment"):
        return True
    return bool(part.media_type) and not part.media_type.startswith(("text/", "multipart/", "image/"))


def _file_name(part: MimePart) -> str:
    fields = email.message.Message()
    for name in ("content-disposition", "content-type"):
        fields[name] = part.headers.raw(name).replace("\r", " ").replace("\n", " ")
    try:
        return decode_words(fields.get_filename() or "") or part.filename
    except (ValueError, LookupError, TypeError):
        return part.filename


def _broken_words(value: str) -> list[str]:
    broken = []
    for match in _WORD.finditer(value):
        charset, coding, body = match.groups()
        whole = match.group()
        if (
            len(whole) > MAX_WORD_CHARS
            or " " in body
            or coding.upper() not in ("B", "Q")
            or find_codec(charset.partition("*")[0]) is None
        ) or "\ufffd" in decode_words(whole):
            broken.append(whole)
    return broken


def _faults(raw: bytes, fields: list[HeaderField], top: MimePart, *, strays: bool) -> list[FormFault]:
    faults = []
    names = {field.name for field in fields}
    if strays:
        faults.append(FormFault.NO_FIELD)
    if "content-type" in names and "mime-version" not in names:
        faults.append(FormFault.NO_MIME_VERSION)
    if re.search(rb"\r(?!\n)", raw) or (b"\r\n" in raw and re.search(rb"(?<!\r)\n", raw)):
        faults.append(FormFault.BARE_LINE_END)
    for part in top.walk():
        faults += _multipart_faults(part) if part.media_type.startswith("multipart/") else _leaf_faults(part)
    return faults


def _multipart_faults(part: MimePart) -> list[FormFault]:
    boundary = part.params.get("boundary", "")
    if not boundary:
        return [FormFault.NO_BOUNDARY]
    if not part.parts:
        return [FormFault.BOUNDARY_UNUSED]
    faults = []
    if f"--{boundary}--".encode("utf-8", "replace") not in part.body:
        faults.append(FormFault.NEVER_CLOSED)
    kinds = [child.media_type for child in part.parts]
    both = part.media_type == "multipart/alternative" and {"text/html", "text/plain"} <= set(kinds)
    # The last alternative is the one that is shown (RFC 2046 section 5.1.4).
    if both and kinds.index("text/html") < kinds.index("text/plain"):
        faults.append(FormFault.HTML_BEFORE_TEXT)
    return faults


def _leaf_faults(part: MimePart) -> list[FormFault]:
    faults = []
    coding = part.headers.raw("content-transfer-encoding").lower()
    if coding not in ("", "7bit", "8bit", "binary", "quoted-printable", "base64"):
        faults.append(FormFault.UNKNOWN_ENCODING)
    if coding == "base64" and not _BASE64_LINES.fullmatch(part.body):
        faults.append(FormFault.BROKEN_BASE64)
    if not part.media_type.startswith("text/"):
        return faults
    charset = part.params.get("charset", "us-ascii")
    if (codec := find_codec(charset)) is None:
        return [*faults, FormFault.UNKNOWN_CHARSET]
    try:
        part.data().decode(codec)
    except (UnicodeError, ValueError):
        faults.append(FormFault.WRONG_CHARSET)
    return faults
