"""Reads uploaded coupon codes: one a line, or the first column of a CSV file. Linear in the bounded upload."""

import codecs
import re
from dataclasses import dataclass
from typing import Final

from mailflatrate.rules.messages.message_content import find_hosts
from mailflatrate.rules.names.domains import mentions

MOST_OCTETS: Final = 8 * 1024 * 1024
MOST_CODES: Final = 200_000
SHOWN_MISTAKES: Final = 5
_CODE: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+\-/#*!@:]{2,63}")
_ADDRESSED: Final = re.compile(r"\.[A-Za-z]{2}|\d\.\d+\.\d|@|//")
_HEAD_WORDS: Final = "code codes coupon coupons voucher vouchers gutschein gutscheine gutscheincode gutscheincodes"
_HEADS: Final = frozenset(_HEAD_WORDS.split())
_MARKS: Final = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


@dataclass(frozen=True, slots=True)
class UploadedCodes:
    """`mistakes`: number and text of first lines without a code. `problem`: `too_large`, `too_many` or `empty`."""

    codes: tuple[str, ...] = ()
    repeated: int = 0
    mistakes: tuple[tuple[int, str], ...] = ()
    problem: str = ""


def _is_code(text: str) -> bool:
    """Return whether a text is a code. An address is none: nobody who approves a campaign reads its codes."""
    if _CODE.fullmatch(text) is None:
        return False
    return _ADDRESSED.search(text) is None or not (mentions(text) or any(find_hosts(text)))


def read_codes(data: bytes) -> UploadedCodes:
    """Return the codes of an upload in UTF-8, UTF-16 with its mark, or an old Windows encoding."""
    if len(data) > MOST_OCTETS:
        return UploadedCodes(problem="too_large")
    unique_codes: dict[str, None] = {}
    mistakes: list[tuple[int, str]] = []
    codes = 0
    for number, line in enumerate(_text(data).split("\n"), start=1):
        cell = re.split(r"[;,\t]", line, maxsplit=1)[0].strip().strip('"').strip()
        if not cell or (not codes and not mistakes and cell.casefold() in _HEADS):
            continue
        if _is_code(cell):
            unique_codes[cell] = None
            codes += 1
        elif len(mistakes) < SHOWN_MISTAKES:
            mistakes.append((number, cell[:40]))
        if codes > MOST_CODES:
            return UploadedCodes(problem="too_many")
    if not unique_codes and not mistakes:
        return UploadedCodes(problem="empty")
    return UploadedCodes(tuple(unique_codes), codes - len(unique_codes), tuple(mistakes))


def _text(data: bytes) -> str:
    encoding = next((name for mark, name in _MARKS if data.startswith(mark)), "utf-8")
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError:
        text = data.decode("cp1252", "replace")
    return text.replace("\r\n", "\n").replace("\r", "\n").replace("\0", "\ufffd")
