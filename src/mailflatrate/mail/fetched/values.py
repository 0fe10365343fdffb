"""What is read from other sites and systems, in a child process, as plain values: products and articles, feeds, a
website's brand, and messages copied from another system.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal, InvalidOperation
from enum import Enum, StrEnum
from typing import Final

MAX_PAGE_OCTETS: Final = 768 * 1024
MOST_PICTURES: Final = 30
PICTURE_MARK: Final = "mf-picture-{}-"
"""Replaces a picture's address, by its number from 0, until the picture is in Media."""


class LeftOut(Enum):
    SCRIPTS = "scripts"
    FORMS = "forms"
    PIXELS = "pixels"
    UNSUBSCRIBE = "unsubscribe"
    WEB_VIEW = "web_view"
    FOOTER = "footer"
    BADGES = "badges"
    TRACKED_LINKS = "tracked_links"
    FIELDS = "fields"
    UNKNOWN_FIELDS = "unknown_fields"
    MORE_PICTURES = "more_pictures"
    LOST_PICTURES = "lost_pictures"


@dataclass(frozen=True, slots=True)
class CopyNote:
    what: LeftOut
    count: int
    samples: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class CopiedPicture:
    url: str
    alt: str


@dataclass(frozen=True, slots=True)
class CopiedMessage:
    title: str
    html: str
    pictures: tuple[CopiedPicture, ...]
    notes: tuple[CopyNote, ...]
    words: int


class NoFeed(Exception):
    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Item:
    """`key` stays the same for the life of the entry; `link` may be ""."""

    key: str
    title: str
    summary: str
    link: str
    published_at: datetime | None


@dataclass(frozen=True, slots=True)
class Feed:
    title: str
    items: tuple[Item, ...]


MOST_SHEETS: Final = 3
MOST_LOGOS: Final = 5


@dataclass(frozen=True, slots=True)
class SiteBrand:
    """`values` are fields of the brand, only those found; `logos` are addresses, the likeliest first."""

    values: tuple[tuple[str, str], ...]
    colors: tuple[str, ...]
    logos: tuple[str, ...]


LONGEST_TITLE, LONGEST_TEXT, LONGEST_PRICE = 200, 300, 40
MOST_ITEMS: Final = 200
_CURRENCY = re.compile(r"[A-Z]{3}")
_SIGNS: Final = {"€": "EUR", "£": "GBP", "US$": "USD", "zł": "PLN", "Kč": "CZK"}
"""Signs that stand for one currency only; a plain $ or kr could be many."""
_NUMBER = re.compile(r"\d[\d.,' \u00a0\u202f]{0,20}")
_LARGEST = Decimal(10_000_000)


class FoundGap(StrEnum):
    NO_TITLE = "no_title"
    NO_LINK = "no_link"
    NO_PRICE = "no_price"
    ODD_PRICE = "odd_price"
    NO_CURRENCY = "no_currency"
    ODD_CURRENCY = "odd_currency"
    SEVERAL_PRICES = "several_prices"
    SOLD_OUT = "sold_out"
    NO_PICTURE = "no_picture"
    PICTURE_LOST = "picture_lost"
    NO_PRODUCT = "no_product"


@dataclass(frozen=True, slots=True)
class FoundPrice:
    """`amount` with a point and without a sign, or ""; `currency` by ISO 4217, or "". `gaps` have the words found."""

    amount: str = ""
    currency: str = ""
    gaps: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class FoundItem:
    """Texts are plain, addresses http or https, or "". `gaps` are pairs of `FoundGap` and the words found."""

    title: str
    text: str
    link: str
    picture: str
    price: FoundPrice = FoundPrice()
    gaps: tuple[tuple[str, str], ...] = ()


def read_price(written: str, currency: str = "") -> FoundPrice:
    """Accept what shops write: `24.90`, `24,90 €`, `EUR 1.299,00`. `gaps` name what can't be read."""
    written, currency = written.strip()[:LONGEST_PRICE], currency.strip()[:LONGEST_PRICE]
    if not written:
        return FoundPrice()
    gaps: list[tuple[str, str]] = []
    numbers = _NUMBER.findall(written)
    amount = _amount(numbers[0]) if len(numbers) == 1 else None
    if amount is None or "-" in written.partition(numbers[0])[0]:
        return FoundPrice(gaps=((FoundGap.ODD_PRICE.value, written),))
    code = currency.upper() or _currency_in(written)
    if not code:
        gaps.append((FoundGap.NO_CURRENCY.value, written))
    elif not _CURRENCY.fullmatch(code):
        gaps.append((FoundGap.ODD_CURRENCY.value, currency))
        code = ""
    return FoundPrice(f"{amount:f}", code, tuple(gaps))


def _currency_in(written: str) -> str:
    for sign, code in _SIGNS.items():
        if sign in written:
            return code
    codes = re.findall(r"\b[A-Z]{3}\b", written)
    return codes[0] if len(codes) == 1 else ""


def _amount(written: str) -> Decimal | None:
    digits = re.sub(r"['\s\u00a0\u202f]", "", written).rstrip(".,")
    whole, _mark, decimals = digits.replace(",", ".").rpartition(".")
    if not whole:
        whole, decimals = decimals, ""
    elif len(decimals) == 3 and digits.count(".") + digits.count(",") >= 1 and whole != "0":
        whole, decimals = f"{whole}.{decimals}", ""
    groups = whole.split(".")
    if len(decimals) > 3 or (len(groups) > 1 and any(len(group) != 3 for group in groups[1:])):
        return None
    try:
        amount = Decimal("".join(groups) + (f".{decimals}" if decimals else ""))
    except InvalidOperation:
        return None
    return amount if amount < _LARGEST else None
