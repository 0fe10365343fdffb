"""A feed as plain values, and why a document is not a feed; `feed` reads it, in a child process."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


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
