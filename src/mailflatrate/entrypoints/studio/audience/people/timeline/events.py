"""The rows of a timeline, and the position at which the next page begins."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from django.db.models import Q, QuerySet

MAX_CURSOR_CHARACTERS = 80


class TimelineKind(StrEnum):
    CONSENT = "consent"
    EMAILS = "emails"
    AUTOMATIONS = "automations"
    CLICKS = "clicks"
    FEEDBACK = "feedback"
    CHANGES = "changes"
    NOTES = "notes"
    REQUESTS = "requests"


@dataclass(frozen=True, slots=True)
class TimelineCursor:
    """The last row of a page: its time, the rank of its source, its id in that source."""

    at: datetime
    rank: int
    id: int

    def __str__(self) -> str:
        return f"{self.at.isoformat()}~{self.rank}~{self.id}"

    @classmethod
    def read(cls, text: str) -> TimelineCursor | None:
        parts = text[:MAX_CURSOR_CHARACTERS].split("~")
        try:
            at, rank, number = datetime.fromisoformat(parts[0]), int(parts[1]), int(parts[2])
        except (ValueError, IndexError):
            return None
        within = 0 <= rank < 100 and 0 <= number < 2**63 and 1900 < at.year < 9000
        return cls(at, rank, number) if at.tzinfo and within else None

    def older(self, rank: int, field: str) -> Q:
        """Return the condition for rows of a source after this one. `field` is its time."""
        before = Q(**{f"{field}__lt": self.at})
        if rank < self.rank:
            return before
        same = Q(**{field: self.at})
        return before | (same if rank > self.rank else same & Q(id__lt=self.id))

    def covers(self, at: datetime, rank: int, number: int) -> bool:
        return (at, -rank, number) < (self.at, -self.rank, self.id)


@dataclass(frozen=True, slots=True)
class ChangedValue:
    label: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class TimelineEvent:
    """One row. `by` is the person or program that did it, `link` is (URL, text), `reply` is a server's own text."""

    kind: TimelineKind
    at: datetime
    rank: int
    id: int
    icon: str
    title: str
    url: str = ""
    tone: str = ""
    badge: str = ""
    badge_tone: str = ""
    text: str = ""
    reply: str = ""
    by: str = ""
    link: tuple[str, str] | None = None
    changes: tuple[ChangedValue, ...] = ()
    note_id: int | None = None
    is_own: bool = False
    is_edited: bool = False

    @property
    def order(self) -> tuple[datetime, int, int]:
        return (self.at, -self.rank, self.id)

    @property
    def cursor(self) -> TimelineCursor:
        return TimelineCursor(self.at, self.rank, self.id)


def next_rows(
    rows: QuerySet[Any], rank: int, cursor: TimelineCursor | None, size: int, *, field: str = "at"
) -> list[Any]:
    if cursor is not None:
        rows = rows.filter(cursor.older(rank, field))
    return list(rows.order_by(f"-{field}", "-id")[:size])
