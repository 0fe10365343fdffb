"""winmail.dat ([MS-OXTNEF]): the messages attached to Outlook's own format, RFC 5322 out. Only identifying data is
read; broken input is read as far as possible.
"""

from collections.abc import Iterator
from struct import error as StructError
from struct import unpack_from

from mailflatrate.mail.reading.outlook import message_of

_MAGIC = b"\x78\x9f\x3e\x22"
_FILE_DATA, _MESSAGE_PROPERTIES, _FILE_PROPERTIES = 0x0006800F, 0x00069003, 0x00069005
_HEADER, _SUBJECT, _SENDER, _TEXT, _HTML, _OBJECT = 0x007D, 0x0037, 0x0C1F, 0x1000, 0x1013, 0x3701
_FIXED = {0x02: 4, 0x03: 4, 0x04: 4, 0x05: 8, 0x06: 8, 0x07: 8, 0x0A: 4, 0x0B: 4, 0x14: 8, 0x40: 8, 0x48: 16}
_TEXT_8BIT, _TEXT_UTF16, _EMBEDDED, _BINARY = 0x1E, 0x1F, 0x0D, 0x102
_MANY, _NAMED, _NAMED_BY_TEXT = 0x1000, 0x8000, 1
_INTERFACE = 16  # an embedded object begins with the identifier of its interface
_MOST_PROPERTIES = 4_000
_MAX_DEPTH = 3

Properties = dict[int, bytes]


def is_tnef(data: bytes) -> bool:
    return data.startswith(_MAGIC)


def mails_in_tnef(data: bytes, depth: int = 0) -> Iterator[bytes]:
    if depth >= _MAX_DEPTH:
        return
    for kind, value in _attributes(data):
        if kind == _FILE_DATA:
            yield value
        elif kind == _FILE_PROPERTIES:
            inner = _properties(value).get(_OBJECT, b"")[_INTERFACE:]
            if is_tnef(inner):
                mail = _message(inner)
                if mail is not None:
                    yield mail
                yield from mails_in_tnef(inner, depth + 1)


def _attributes(data: bytes) -> Iterator[tuple[int, bytes]]:
    at = len(_MAGIC) + 2
    while at + 9 <= len(data):
        kind, length = unpack_from("<II", data, at + 1)
        value = data[at + 9 : at + 9 + length]
        if len(value) < length:
            return
        yield kind, value
        at += 9 + length + 2


def _message(stream: bytes) -> bytes | None:
    properties: Properties = {}
    for kind, value in _attributes(stream):
        if kind == _MESSAGE_PROPERTIES:
            properties = _properties(value)
    texts = (properties.get(key, b"").decode("utf-8", "replace") for key in (_HEADER, _SENDER, _SUBJECT, _TEXT, _HTML))
    return message_of(*texts)


def _properties(data: bytes) -> Properties:
    properties: Properties = {}
    try:
        at = 4
        for _ in range(min(unpack_from("<I", data, 0)[0], _MOST_PROPERTIES)):
            kind, name = unpack_from("<HH", data, at)
            at += 4
            if name >= _NAMED:
                at = _after_name(data, at)
            value, at = _value(data, at, kind)
            properties.setdefault(name, value)
    except StructError:
        pass
    return properties


def _after_name(data: bytes, at: int) -> int:
    kind, size = unpack_from("<II", data, at + 16)
    return at + 24 + (_padded(size) if kind == _NAMED_BY_TEXT else 0)


def _value(data: bytes, at: int, kind: int) -> tuple[bytes, int]:
    plain = kind & ~_MANY
    count = 1
    if kind & _MANY or plain not in _FIXED:
        count = min(unpack_from("<I", data, at)[0], _MOST_PROPERTIES)
        at += 4
    values: list[bytes] = []
    for _ in range(count):
        if plain in _FIXED:
            size, step = _FIXED[plain], _FIXED[plain]
        elif plain in (_TEXT_8BIT, _TEXT_UTF16, _EMBEDDED, _BINARY):
            size = unpack_from("<I", data, at)[0]
            step = _padded(size)
            at += 4
        else:
            raise StructError("unknown type")
        values.append(data[at : at + size])
        at += step
    value = values[0] if values else b""
    if plain == _TEXT_UTF16:
        value = value.decode("utf-16-le", "replace").encode("utf-8", "replace")
    return (value.rstrip(b"\0") if plain in (_TEXT_8BIT, _TEXT_UTF16) else value), at


def _padded(size: int) -> int:
    return size + -size % 4
