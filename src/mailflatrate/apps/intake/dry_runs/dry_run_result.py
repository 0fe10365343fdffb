"""The result of a dry run: piles, columns, open questions."""

from collections import Counter
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

from mailflatrate.apps.intake.dry_runs.piles import Outcome, Pile
from mailflatrate.apps.intake.dry_runs.reviews import MoveReview

SOURCE = "source"
LAST_MAILED = "last_mailed"
TIME_ZONE = "time_zone"
NO_ADDRESS = "no_address_column"
SAMPLE = "sample_data"
KEYS = "keys"
SEVERAL = "several"
REFUSALS = "refusals_missing"


@dataclass(frozen=True, slots=True)
class MoveQuestion:
    """A question about a file or column. `about`: status, file and date_order have to be answered before the start."""

    about: str
    file: str
    column: str
    sentence: str
    people: int

    def as_json(self) -> dict[str, object]:
        return asdict(self)


@dataclass(slots=True)
class DryRun:
    """`columns`: title -> field, None if left out. `reviews`: figures that would make a reviewer check the import."""

    system: str | None
    rows: int = 0
    counts: Counter[Outcome] = field(default_factory=Counter)
    columns: dict[str, str | None] = field(default_factory=dict)
    questions: list[MoveQuestion] = field(default_factory=list)
    unknown: Counter[tuple[str, str]] = field(default_factory=Counter)
    first_signup_at: datetime | None = None
    file_rows: Counter[str] = field(default_factory=Counter)
    reviews: list[MoveReview] = field(default_factory=list)

    def pile(self, pile: Pile) -> dict[str, int]:
        reasons = {reason: count for (other, reason), count in self.counts.items() if other is pile and count}
        return dict(sorted(reasons.items(), key=lambda item: (-item[1], item[0])))

    def as_json(self) -> dict[str, Any]:
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
    file: str
    line: int
    email: str
    pile: Pile
    reason: str
