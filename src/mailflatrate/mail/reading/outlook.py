"""Outlook's .msg files, as people drag them onto a page: the header and the texts of the mail in them.

A .msg is a compound file ([MS-CFB]) whose streams are MAPI properties ([MS-OXMSG]). Only what names a mail is read: the
header as it came over the wire, the text, the HTML. Bytes in, an RFC 5322 message out; what is broken gives None.
"""

import re
from struct import error as StructError
from struct import unpack_from

_MAGIC = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_END = 0xFFFFFFFA  # every sector number from here on is a mark ([MS-CFB] 2.1)
_ENTRY = 128
_MOST_SECTORS = 65_536
_STREAM, _ROOT = 2, 5
_HEADER, _SUBJECT, _SENDER, _TEXT, _HTML = "007D", "0037", "0C1F", "1000", "1013"
_NAME = re.compile(r"__substg1\.0_([0-9A-F]{4})(001E|001F|0102)$")
_MIME_FIELDS = re.compile(r"^(?:content-[\w-]+|mime-version)[ \t]*:[^\n]*(?:\n[ \t][^\n]*)*\n?", re.M | re.I)


def is_outlook(data: bytes) -> bool:
    """Whether the file is a compound file, as .msg is."""
    return data.startswith(_MAGIC)


def outlook_message(data: bytes) -> bytes | None:
    """The mail in a .msg file as an RFC 5322 message with one text, or None when there is none to be read."""
    try:
        found = _properties(data)
    except (StructError, ValueError, IndexError, RecursionError):
        return None
    return message_of(*(found.get(key, "") for key in (_HEADER, _SENDER, _SUBJECT, _TEXT, _HTML)))


def message_of(header: str, sender: str, subject: str, text: str, markup: str) -> bytes | None:
    """An RFC 5322 message with one text from what Outlook keeps of a mail, or None when it keeps nothing."""
    header = _MIME_FIELDS.sub("", header.replace("\r\n", "\n")).strip("\n")
    if not header:
        names = (("From", sender), ("Subject", subject))
        header = "\n".join(f"{name}: {' '.join(value.split())}" for name, value in names if value)
    body = "\n".join(each for each in (text, markup) if each)
    if not header and not body:
        return None
    whole = f"{header}\nMIME-Version: 1.0\nContent-Type: text/plain; charset=utf-8\n\n{body}\n"
    return whole.replace("\r\n", "\n").encode("utf-8", "replace")


class _Compound:
    """The sectors of a compound file and the chains that they form."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._size = 1 << unpack_from("<H", data, 30)[0]
        self._small_size = 1 << unpack_from("<H", data, 32)[0]
        if self._size not in (512, 4096) or self._small_size != 64:
            raise ValueError("no sector size of a compound file")
        self.cutoff: int = unpack_from("<I", data, 56)[0]
        places = [place for place in unpack_from("<109I", data, 76) if place < _END]
        self._fat = self._table(b"".join(self._sector(place) for place in places))
        self._small_fat = self._table(self.chain(unpack_from("<I", data, 60)[0]))
        self.directory = self.chain(unpack_from("<I", data, 48)[0])

    def _sector(self, number: int) -> bytes:
        start = (number + 1) * self._size
        return self._data[start : start + self._size]

    @staticmethod
    def _table(data: bytes) -> tuple[int, ...]:
        return unpack_from(f"<{len(data) // 4}I", data)

    def chain(self, number: int) -> bytes:
        """The octets of a chain of sectors; a chain that runs in a circle ends after `_MOST_SECTORS`."""
        pieces: list[bytes] = []
        while number < _END and len(pieces) < _MOST_SECTORS:
            pieces.append(self._sector(number))
            number = self._fat[number]
        return b"".join(pieces)

    def small_chain(self, number: int, container: bytes) -> bytes:
        """The octets of a stream below the cutoff, which lies in the root's stream."""
        pieces: list[bytes] = []
        while number < _END and len(pieces) < _MOST_SECTORS:
            pieces.append(container[number * 64 : number * 64 + 64])
            number = self._small_fat[number]
        return b"".join(pieces)


def _properties(data: bytes) -> dict[str, str]:
    """The first of each property that is looked for, as text."""
    if not is_outlook(data):
        raise ValueError("no compound file")
    file = _Compound(data)
    entries = [file.directory[at : at + _ENTRY] for at in range(0, len(file.directory) - _ENTRY + 1, _ENTRY)]
    container = b""
    found: dict[str, str] = {}
    for entry in entries:
        length, kind = unpack_from("<HB", entry, 64)
        name = entry[: max(0, min(length, 64) - 2)].decode("utf-16-le", "replace")
        start, size = unpack_from("<IQ", entry, 116)
        if kind == _ROOT:
            container = file.chain(start)
        match = _NAME.match(name)
        if kind != _STREAM or match is None or match[1] in found:
            continue
        if match[1] not in (_HEADER, _SUBJECT, _SENDER, _TEXT, _HTML):
            continue
        content = file.chain(start) if size >= file.cutoff else file.small_chain(start, container)
        octets = content[: size & 0xFFFFFFFF]
        found[match[1]] = octets.decode("utf-16-le" if match[2] == "001F" else "utf-8", "replace")
    return found
