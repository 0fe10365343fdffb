"""The result of a dry run: the piles, the columns, and the questions that the files leave open."""

from collections import Counter
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

from mailflatrate.apps.lists.intake.piles import Outcome, Pile
from mailflatrate.apps.lists.intake.reviews import MoveReview

SOURCE = "source"
LAST_MAILED = "last_mailed"
TIME_ZONE = "time_zone"
NO_ADDRESS = "no_address_column"
SAMPLE = "sample_data"
KEYS = "keys"
SEVERAL = "several"
REFUSALS = "refusals_missing"
"""A table of refusals that the key of a fetch may not read."""


@dataclass(frozen=True, slots=True)
class MoveQuestion:
    """A question about a file or column. `about`: status, file and date_order have to be answered before the start."""

    about: str
    file: str
    column: str
    sentence: str
    people: int

    def as_json(self) -> dict[str, object]:
        """Return the question as an object to print."""
        return asdict(self)


@dataclass(slots=True)
class DryRun:
    """The result of a dry run. `columns` maps each title to its field, None for a column that is left out.

    `reviews`: the figures that would make a reviewer check an import of these files.
    """

    system: str | None
    rows: int = 0
    counts: Counter[Outcome] = field(default_factory=Counter)
    columns: dict[str, str | None] = field(default_factory=dict)
    questions: list[MoveQuestion] = field(default_factory=list)
    unknown: Counter[tuple[str, str]] = field(default_factory=Counter)
    first_signup_at: datetime | None = None
    """The earliest sign-up of those who are mailable."""
    file_rows: Counter[str] = field(default_factory=Counter)
    reviews: list[MoveReview] = field(default_factory=list)

    def pile(self, pile: Pile) -> dict[str, int]:
        """Return the number of people in a pile by reason, the most frequent first."""
        found = {reason: count for (one, reason), count in self.counts.items() if one is pile and count}
        return dict(sorted(found.items(), key=lambda item: (-item[1], item[0])))

    def as_json(self) -> dict[str, Any]:
        """Return the object that the command prints."""
        return {
            "system": self.system,
            "rows": self.rows,
            "mailable": sum(self.pile(Pile.MAILABLE).values()),
            "ask": sum(self.pile(Pile.ASK).values()),
            "never": self.pile(Pile.NEVER),
            "columns": self.columns,
            "questions": [question.as_json() for question in self.questions],
            "review": [review.as_json() for review in self.reviews],
        }


class TriedRow(NamedTuple):
    """One row with the outcome of its person."""

    file: str
    line: int
    email: str
    pile: Pile
    reason: str
