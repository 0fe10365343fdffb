"""Reads items of RSS or Atom, also with Google Merchant Center's fields, or its CSV or TSV. In a child process;
entities, octets, rows and items are bounded, and only plain text and web addresses are returned.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, Final

from selectolax.lexbor import LexborHTMLParser

from mailflatrate.mail.fetched.feed import parse_feed, plain, read_entry, safe_link
from mailflatrate.mail.fetched.values import (
    LONGEST_TEXT,
    LONGEST_TITLE,
    MOST_ITEMS,
    FoundGap,
    FoundItem,
    NoFeed,
    read_price,
)

MOST_ROWS: Final = 5_000
MOST_COLUMNS: Final = 200
LONGEST_CELL: Final = 20_000
_OLDEST: Final = datetime.min.replace(tzinfo=UTC)
_UNKNOWN: Final = re.compile(r"[^a-z0-9]+")


def read_items(body: bytes, content_type: str = "") -> tuple[FoundItem, ...]:
    """The newest first; without dates, in the feed's order. Raises NoFeed."""
    start = body[:4096].lstrip(b"\xef\xbb\xbf\xff\xfe \t\r\n")
    items = _from_xml(body, content_type) if start[:1] == b"<" else _from_table(body)
    if not items:
        raise NoFeed("it has no items")
    return items


def _from_xml(body: bytes, content_type: str) -> tuple[FoundItem, ...]:
    dated = []
    for entry in parse_feed(body, content_type).entries[:MOST_ROWS]:
        item = read_entry(entry)
        if item is None:
            continue
        given = {
            name: str(entry.get(f"g_{name}", "")) for name in ("price", "sale_price", "image_link", "availability")
        }
        picture = safe_link(given["image_link"]) or _picture(entry)
        product = _item({**given, "title": item.title, "description": item.summary, "link": item.link}, picture)
        dated.append((item.published_at or _OLDEST, product))
    dated.sort(key=lambda pair: pair[0], reverse=True)
    return tuple(product for _at, product in dated[:MOST_ITEMS])


def _picture(entry: Any) -> str:
    links = [link for link in entry.get("links", []) if isinstance(link, Mapping) and link.get("rel") == "enclosure"]
    given = [link.get("href", "") for link in links if str(link.get("type", "")).startswith("image/")]
    for name in ("media_content", "media_thumbnail"):
        media = [medium for medium in entry.get(name, []) if isinstance(medium, Mapping)]
        given += [medium.get("url", "") for medium in media if medium.get("medium", "image") == "image"]
    given += _in_text(entry)
    return next((link for url in given if (link := safe_link(str(url)))), "")


def _in_text(entry: Any) -> list[str]:
    contents = [content.get("value", "") for content in entry.get("content", []) if isinstance(content, Mapping)]
    tree = LexborHTMLParser(str(next(iter(contents), "") or entry.get("summary", ""))[:200_000])
    node = tree.css_first("img[src]")
    return [node.attributes.get("src") or ""] if node is not None else []


def _from_table(body: bytes) -> tuple[FoundItem, ...]:
    rows = _rows(body.decode("utf-8-sig", "replace"))
    items = []
    for row in rows:
        item = _item(row, safe_link(row.get("image_link", "")))
        if item.title and item.link:
            items.append(item)
        if len(items) == MOST_ITEMS:
            break
    return tuple(items)


def _rows(text: str) -> Iterator[dict[str, str]]:
    first = text.partition("\n")[0]
    separator = max("\t,;|", key=first.count)
    csv.field_size_limit(LONGEST_CELL)
    try:
        lines = csv.reader(io.StringIO(text), delimiter=separator)
        names = [_UNKNOWN.sub("_", name.lower().removeprefix("g:").strip()) for name in next(lines, [])[:MOST_COLUMNS]]
        if not {"title", "link"} <= set(names):
            raise NoFeed("its first line doesn't name the columns title and link")
        for number, cells in enumerate(lines):
            if number == MOST_ROWS:
                return
            yield dict(zip(names, cells, strict=False))
    except csv.Error as problem:
        raise NoFeed("it can't be read as a table") from problem


def _item(given: Mapping[str, str], picture: str) -> FoundItem:
    price = read_price(given.get("sale_price") or given.get("price", ""))
    gaps = list(price.gaps)
    link = safe_link(given.get("link", ""))
    if not link:
        gaps.append((FoundGap.NO_LINK.value, ""))
    if not picture:
        gaps.append((FoundGap.NO_PICTURE.value, ""))
    if _UNKNOWN.sub("_", given.get("availability", "").lower()) == "out_of_stock":
        gaps.append((FoundGap.SOLD_OUT.value, ""))
    title, text = plain(given.get("title", ""), LONGEST_TITLE), plain(given.get("description", ""), LONGEST_TEXT)
    return FoundItem(title, text, link, picture, price, tuple(gaps))
