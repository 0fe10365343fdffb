"""Outlook's .msg files ([MS-CFB] with [MS-OXMSG]). Only the header, text and HTML are read; broken input gives None."""

import re
from collections.abc import Iterator
from functools import cached_property
from struct import error as StructError
from struct import unpack_from

_MAGIC = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_END = 0xFFFFFFFA  # every sector number from here on is a mark ([MS-CFB] 2.1)
_ENTRY = 128
_MOST_ENTRIES = 20_000
_MOST_OCTETS = 4 * 1024 * 1024
_STREAM = 2
_HEADER, _SUBJECT, _SENDER, _TEXT, _HTML = _WANTED = "007D", "0037", "0C1F", "1000", "1013"
_NAME = re.compile(r"__substg1\.0_([0-9A-F]{4})(001E|001F|0102)$")
_MIME_FIELDS = re.compile(r"^(?:content-[\w-]+|mime-version)[ \t]*:[^\n]*(?:\n[ \t][^\n]*)*\n?", re.M | re.I)


def is_outlook(data: bytes) -> bool:
    return data.startswith(_MAGIC)


def outlook_message(data: bytes) -> bytes | None:
    try:
        properties = _properties(data)
    except (StructError, ValueError, IndexError, RecursionError):
        return None
    return message_of(*(properties.get(key, "") for key in (_HEADER, _SENDER, _SUBJECT, _TEXT, _HTML)))


def message_of(header: str, sender: str, subject: str, text: str, markup: str) -> bytes | None:
    header = _MIME_FIELDS.sub("", header.replace("\r\n", "\n")).strip("\n")
    if not header:
        names = (("From", sender), ("Subject", subject))
        header = "\n".join(f"{name}: {' '.join(value.split())}" for name, value in names if value)
    body = "\n".join(part for part in (text, markup) if part)
    if not header and not body:
        return None
    whole = f"{header}\nMIME-Version: 1.0\nContent-Type: text/plain; charset=utf-8\n\n{body}\n"
    return whole.replace("\r\n", "\n").encode("utf-8", "replace")


class _Compound:
    """The sectors of a compound file and the chains that they form. Raises ValueError for an invalid chain."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._size = 1 << min(unpack_from("<H", data, 30)[0], 16)
        if self._size not in (512, 4096) or unpack_from("<H", data, 32)[0] != 6:
            raise ValueError("no sector size of a compound file")
        self._sectors = -(-len(data) // self._size) - 1
        self.cutoff: int = unpack_from("<I", data, 56)[0]
        places = dict.fromkeys(place for place in unpack_from("<109I", data, 76) if place < self._sectors)
        self._fat = self._table(b"".join(self._sector(place) for place in places))
        self.directory = self.chain(unpack_from("<I", data, 48)[0])

    @cached_property
    def _small_fat(self) -> tuple[int, ...]:
        return self._table(self.chain(unpack_from("<I", self._data, 60)[0]))

    @cached_property
    def _container(self) -> bytes:
        return self.chain(unpack_from("<I", self.directory, 116)[0])

    def _sector(self, number: int) -> bytes:
        start = (number + 1) * self._size
        return self._data[start : start + self._size]

    @staticmethod
    def _table(data: bytes) -> tuple[int, ...]:
        return unpack_from(f"<{len(data) // 4}I", data)

    def chain(self, number: int) -> bytes:
        return b"".join(self._sector(sector) for sector in _walk(self._fat, number, self._sectors))

    def small_chain(self, number: int) -> bytes:
        whole = self._container
        most = -(-len(whole) // 64)
        return b"".join(whole[sector * 64 : sector * 64 + 64] for sector in _walk(self._small_fat, number, most))


def _walk(table: tuple[int, ...], number: int, most: int) -> Iterator[int]:
    """Yield the sectors of a chain: each below `most`, none twice, so that a chain is never longer than its file."""
    seen: set[int] = set()
    while number < _END:
        if number >= most or number in seen:
            raise ValueError("a chain leaves the file or runs in a circle")
        seen.add(number)
        yield number
        number = table[number]


def _properties(data: bytes) -> dict[str, str]:
    if not is_outlook(data):
        raise ValueError("no compound file")
    file = _Compound(data)
    end = min(len(file.directory), _MOST_ENTRIES * _ENTRY)
    properties: dict[str, str] = {}
    for at in range(0, end - _ENTRY + 1, _ENTRY):
        length, kind = unpack_from("<HB", file.directory, at + 64)
        if kind != _STREAM:
            continue
        name = file.directory[at : at + max(0, min(length, 64) - 2)].decode("utf-16-le", "replace")
        match = _NAME.match(name)
        if match is None or match[1] in properties or match[1] not in _WANTED:
            continue
        start, size = unpack_from("<IQ", file.directory, at + 116)
        size &= 0xFFFFFFFF
        content = file.chain(start) if size >= file.cutoff else file.small_chain(start)
        octets = content[: min(size, _MOST_OCTETS)]
        properties[match[1]] = octets.decode("utf-16-le" if match[2] == "001F" else "utf-8", "replace")
    return properties
