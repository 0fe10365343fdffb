"""A fast MIME reader for mail that may be ill-formed (RFC 5322, 2045-2047, 2231), read as far as possible. Python's
`email` costs several times the whole inspection.
"""

import binascii
import codecs
import re
from functools import lru_cache

from mailflatrate.mail.reading.storable import storable

_FIELD = re.compile(r"^([!-9;-~]{1,120})[ \t]*:((?:[^\n]*)(?:\n[ \t][^\n]*)*)", re.M)
_PARAM = re.compile(r";\s*([\w*-]+)\s*=\s*(?:\"((?:[^\"\\]|\\.)*)\"|([^\s;]*))", re.S)
_ENCODED_WORD = re.compile(r"=\?([\w.:+-]+)(?:\*[\w-]+)?\?([bBqQ])\?([^?]*)\?=")
_BETWEEN_WORDS = re.compile(r"(\?=)\s+(=\?)")
_NOT_BASE64 = re.compile(rb"[^A-Za-z0-9+/]+")
_COMMENT = re.compile(r"\([^()]*\)")

_FIRST_MARK = re.compile(rb"^--([^\s].{0,200}?)[ \t]*\n", re.M)
#: Where another mark is declared, only one below which a part's fields begin is believed: notices draw lines, too.
_OTHER_MARK = re.compile(rb"^--([^\s-][^\s]{0,200})[ \t]*\n(?=content-)", re.M | re.I)

MAX_DEPTH = 8
MAX_PARTS = 60
MAX_REPEATS = 100
MAX_VALUE_CHARS = 8000
MAX_HEADER_BYTES = 256 * 1024
MAX_TEXT_BYTES = 256 * 1024


_NO_CHARSETS = {"idna", "punycode", "undefined"}
"""Codecs of names, and one that always fails; punycode's time grows with the square of the length."""


@lru_cache(maxsize=256)
def find_codec(name: str) -> str | None:
    name = name.strip("'\" ").lower()
    aliases = {
        "x-sjis": "cp932",
        "shift_jis": "cp932",
        "gb2312": "gb18030",
        "gbk": "gb18030",
        "ks_c_5601-1987": "cp949",
    }
    try:
        codec = codecs.lookup(aliases.get(name, name))
    except (LookupError, ValueError):
        return None
    # Codecs such as "zip" or "rot13" turn bytes into something else than text.
    return codec.name if codec._is_text_encoding and codec.name not in _NO_CHARSETS else None


def _codec(name: str) -> str:
    """Return the codec for a declared charset; Latin-1 (which takes any byte) for an unknown name."""
    return find_codec(name) or "latin-1"


def decode_bytes(data: bytes, charset: str) -> str:
    """A wrong or missing charset falls back to UTF-8, then Latin-1. What can't be stored becomes U+FFFD."""
    return storable(_decoded(data, charset))


def _decoded(data: bytes, charset: str) -> str:
    if charset:
        try:
            return data.decode(_codec(charset))
        except (UnicodeError, ValueError):
            pass
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return data.decode(_codec(charset) if charset else "latin-1", "replace")


def decode_words(value: str) -> str:
    value = " ".join(value.split("\n")).strip() if "\n" in value else value.strip()
    if "=?" not in value:
        return value
    return _ENCODED_WORD.sub(_decode_word, _BETWEEN_WORDS.sub(r"\1\2", value))


def _decode_word(match: re.Match[str]) -> str:
    charset, encoding, body = match.groups()
    data = body.encode("utf-8", "replace")
    data = decode_base64(data) if encoding in "bB" else binascii.a2b_qp(data, header=True)
    return decode_bytes(data, charset)


def decode_base64(data: bytes) -> bytes:
    data = _NOT_BASE64.sub(b"", data)
    if len(data) % 4 == 1:
        data = data[:-1]
    return binascii.a2b_base64(data + b"=" * (-len(data) % 4))


class Headers:
    __slots__ = ("_fields", "block")

    def __init__(self, block: bytes) -> None:
        self.block = decode_bytes(block, "")
        self._fields: dict[str, list[str]] = {}
        for match in _FIELD.finditer(self.block):
            values = self._fields.setdefault(match[1].lower(), [])
            if len(values) < MAX_REPEATS:
                values.append(match[2][:MAX_VALUE_CHARS])

    def __contains__(self, name: str) -> bool:
        return name in self._fields

    def __bool__(self) -> bool:
        return bool(self._fields)

    def raw(self, name: str) -> str:
        values = self._fields.get(name)
        return " ".join(values[0].split()) if values else ""

    def text(self, name: str) -> str:
        values = self._fields.get(name)
        return decode_words(values[0]) if values else ""

    def all(self, name: str) -> list[str]:
        return [decode_words(value) for value in self._fields.get(name, ())]

    def names(self) -> list[str]:
        return list(self._fields)


class MimePart:
    __slots__ = (
        "_filename",
        "_text",
        "_walk",
        "body",
        "carried",
        "depth",
        "headers",
        "media_type",
        "notice",
        "params",
        "parts",
    )

    def __init__(self, headers: Headers, body: bytes, depth: int) -> None:
        self.headers = headers
        self.body = body
        self.depth = depth
        self.media_type, self.params = parse_content_type(headers.raw("content-type"))
        self.parts: list[MimePart] = []
        #: What `reading.body.notice_text` made of this message, kept because several readers ask for it.
        self.notice: str | None = None
        #: The mails that `reading.attached_messages.carried_mails` found in it, kept for the same reason.
        self.carried: list[MimePart] | None = None
        self._filename: str | None = None
        self._text: str | None = None
        self._walk: list[MimePart] | None = None

    @property
    def filename(self) -> str:
        if self._filename is None:
            _, params = parse_content_type(self.headers.raw("content-disposition"))
            self._filename = decode_words(params.get("filename") or self.params.get("name") or "")
        return self._filename

    def data(self) -> bytes:
        encoding = _COMMENT.sub("", self.headers.raw("content-transfer-encoding")).strip().lower()
        if encoding == "base64":
            return decode_base64(self.body)
        if encoding == "quoted-printable":
            return binascii.a2b_qp(self.body)
        return self.body

    def text(self) -> str:
        if self._text is None:
            encoded = self.body
            if len(encoded) > MAX_TEXT_BYTES * 2:
                self.body = encoded[: MAX_TEXT_BYTES * 2]
            text = decode_bytes(self.data()[:MAX_TEXT_BYTES], self.params.get("charset", ""))
            self._text = text.replace("\r\n", "\n").replace("\r", "\n") if "\r" in text else text
            self.body = encoded
        return self._text

    def walk(self) -> "list[MimePart]":
        if self._walk is None:
            self._walk = [self]
            for part in self.parts:
                self._walk.extend(part.walk())
        return self._walk


@lru_cache(maxsize=512)
def _content_type(value: str) -> tuple[str, tuple[tuple[str, str], ...]]:
    kind, _, _ = value.partition(";")
    params = []
    for name, quoted, plain in _PARAM.findall(value):
        params.append((name.lower().rstrip("*").removesuffix("*0"), quoted.replace('\\"', '"') if quoted else plain))
    return kind.strip().lower(), tuple(params)


def parse_content_type(value: str) -> tuple[str, dict[str, str]]:
    kind, params = _content_type(value[:2000])
    return kind, dict(params)


def split_headers(data: bytes) -> tuple[Headers, bytes]:
    data = data.lstrip(b"\n")
    if data[:5] in (b"From ", b">From"):
        data = data[data.find(b"\n") + 1 :] if b"\n" in data else b""
    if data.startswith(b"\n"):
        return Headers(b""), data[1:]
    end = data.find(b"\n\n")
    headers = Headers(data[: min(end if end >= 0 else len(data), MAX_HEADER_BYTES)])
    if not headers:
        # Text without any field is all body.
        return headers, data
    return headers, data[end + 2 :] if end >= 0 else b""


def parse(raw: bytes) -> MimePart:
    """Parse the message in `raw` with its parts, at most `MAX_DEPTH` deep and `MAX_PARTS` many."""
    data = raw.replace(b"\r\n", b"\n") if b"\r\n" in raw else raw
    if b"\n" not in data[:2000] and b"\r" in data[:2000]:
        data = data.replace(b"\r", b"\n")
    budget = [MAX_PARTS]
    headers, body = split_headers(data)
    return _part(headers, body, 0, budget)


def _part(headers: Headers, body: bytes, depth: int, budget: list[int]) -> MimePart:
    part = MimePart(headers, body, depth)
    budget[0] -= 1
    if depth >= MAX_DEPTH or not part.media_type.startswith("multipart/"):
        return part
    for piece in _pieces(body, part.params.get("boundary", "")):
        if budget[0] <= 0:
            break
        child_headers, child_body = _split_piece(piece)
        part.parts.append(_part(child_headers, child_body, depth + 1, budget))
    return part


def _split_piece(piece: bytes) -> tuple[Headers, bytes]:
    """Split a part, which may begin with a blank line (no fields, RFC 2046 5.1) that `split_headers` would skip."""
    if piece.startswith(b"\n"):
        return Headers(b""), piece[1:]
    first = piece.split(b"\n", 1)[0]
    if b":" not in first:
        return Headers(b""), piece
    return split_headers(piece)


def _pieces(body: bytes, boundary: str) -> list[bytes]:
    mark = b"--" + boundary.rstrip().encode("utf-8", "replace")
    if not boundary or mark not in body:
        guess = (_FIRST_MARK if not boundary else _OTHER_MARK).search(body[:20000])
        if guess is None:
            return []
        mark = b"--" + guess[1]
    pieces = []
    start = -1
    at = 0 if body.startswith(mark) else body.find(b"\n" + mark)
    while at >= 0:
        after = (at if body.startswith(mark, at) else at + 1) + len(mark)
        end = body.find(b"\n", after)
        tail = body[after : end if end >= 0 else len(body)].strip()
        # A longer boundary that begins with this one belongs to another level.
        if tail in (b"", b"--"):
            if start >= 0:
                pieces.append(body[start:at])
            if tail == b"--" or end < 0:
                return pieces
            start = end + 1
        # The search begins on the line end itself: an empty part is followed by the next mark at once.
        at = body.find(b"\n" + mark, end) if end >= 0 else -1
    if start >= 0:
        pieces.append(body[start:])
    return pieces
