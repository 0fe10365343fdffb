"""Reads RSS and Atom, which are untrusted, as plain values: a feed that declares entities is not read (XML expansion),
markup becomes text, images (remote pixels, R-111) and links other than http or https are dropped.
"""

from __future__ import annotations

import hashlib
import io
import re
from calendar import timegm
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote, urlsplit

import feedparser
from selectolax.lexbor import LexborHTMLParser

from mailflatrate.mail.fetched.values import Feed, Item, NoFeed

MOST_ITEMS = 200
LONGEST_TITLE, LONGEST_SUMMARY, LONGEST_LINK = 200, 300, 1000
_ENTITY = re.compile(rb"<!ENTITY", re.IGNORECASE)
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]+")
_LINK_SAFE = "%/:=&?~#+!$,;'@[]*()-._"


def read_feed(body: bytes, content_type: str = "") -> Feed:
    """Raises NoFeed for anything else."""
    parsed = parse_feed(body, content_type)
    items = tuple(item for entry in parsed.entries[:MOST_ITEMS] if (item := read_entry(entry)) is not None)
    return Feed(plain(str(parsed.feed.get("title", "")), LONGEST_TITLE), items)


def parse_feed(body: bytes, content_type: str = "") -> Any:
    """Raises NoFeed for anything else."""
    if _ENTITY.search(body):
        raise NoFeed("it declares entities")
    headers = {"content-type": content_type} if content_type else {}
    try:
        # A file object, because feedparser would take bytes for a file name and open it.
        parsed = feedparser.parse(io.BytesIO(body), response_headers=headers)
    except Exception as problem:  # the library lets errors of its own parsers through, of many types
        raise NoFeed("it is too damaged to be read") from problem
    if not parsed.get("version"):
        raise NoFeed("neither RSS nor Atom")
    return parsed


def read_entry(entry: Any) -> Item | None:
    link = safe_link(str(entry.get("link", "")))
    title = plain(str(entry.get("title", "")), LONGEST_TITLE)
    summary = plain(str(entry.get("summary", "")), LONGEST_SUMMARY)
    if not title:
        title, summary = plain(summary, LONGEST_TITLE), ""
    if not title:
        return None
    name = str(entry.get("id") or link or title)
    moment = entry.get("published_parsed") or entry.get("updated_parsed")
    return Item(hashlib.sha256(name.encode()).hexdigest(), title, summary, link, _moment(moment))


def _moment(parsed: Any) -> datetime | None:
    try:
        return datetime.fromtimestamp(timegm(parsed), UTC) if parsed else None
    except (OverflowError, ValueError, OSError):
        return None


def plain(markup: str, longest: int) -> str:
    tree = LexborHTMLParser(f"<body>{markup}")
    tree.strip_tags(["script", "style", "noscript", "template"])
    text = tree.body.text(separator=" ") if tree.body else ""
    text = " ".join(_CONTROL.sub(" ", text).split())
    if len(text) <= longest:
        return text
    cut = text[: longest - 1]
    return f"{cut.rpartition(' ')[0] or cut}…"


def safe_link(url: str) -> str:
    """Return http or https without Liquid or markup characters; otherwise ""."""
    url = url.strip()
    try:
        parts = urlsplit(url)
        is_web = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.username is None
    except ValueError:
        return ""
    if not is_web or len(url) > LONGEST_LINK or _CONTROL.search(url) or " " in url:
        return ""
    return quote(url, safe=_LINK_SAFE)
