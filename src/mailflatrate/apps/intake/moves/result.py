"""The result of a move's dry run, as stored for the page."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from django.utils.translation import gettext as _

from mailflatrate.apps.intake.dry_runs.dry_run import DryRunner, FilePlan
from mailflatrate.apps.intake.dry_runs.dry_run_result import DryRun, MoveQuestion
from mailflatrate.apps.intake.dry_runs.pile_samples import RowSample
from mailflatrate.apps.intake.dry_runs.piles import Pile
from mailflatrate.apps.intake.dry_runs.reviews import MoveReview
from mailflatrate.apps.intake.reading.column_choices import choice_of
from mailflatrate.apps.intake.reading.columns import ATTRIBUTE_PREFIX, MAX_COLUMNS
from mailflatrate.apps.intake.reading.import_options import BY_ROW, name_asks
from mailflatrate.apps.intake.reading.questions import DATE_ORDER, FILE, STATUS, UNREAD_NOES
from mailflatrate.apps.lists.errors import ImportProblem
from mailflatrate.mail.address import masked_address
from mailflatrate.rules.fields.field_keys import attribute_key
from mailflatrate.rules.fields.proposals import propose_type

BLOCKING = (STATUS, FILE, DATE_ORDER, UNREAD_NOES)
"""Without an answer, no import starts."""
SHOWN_VALUES = 3
SHOWN_CHARACTERS = 40
UNKNOWN_WORDS = 30


@dataclass(frozen=True, slots=True)
class ColumnResult:
    """First values and target (`column_choices`). `field_type`: chosen, or fitting."""

    title: str
    values: tuple[str, ...]
    choice: str
    field: str = ""
    field_type: str = ""


@dataclass(frozen=True, slots=True)
class FileResult:
    """`all_rows`: everyone's status; `asks`: its name suggests that they opted out."""

    number: int
    name: str
    rows: int
    system: str
    all_rows: str
    asks: bool

    @property
    def is_about_all(self) -> bool:
        """It states, or may state, one status for everyone."""
        return self.all_rows not in ("", BY_ROW) or (self.asks and not self.all_rows)


@dataclass(frozen=True, slots=True)
class MoveFindings:
    """`counts`: (pile, reason, people); `unknown`: (title, word, rows)."""

    system: str
    rows: int
    counts: tuple[tuple[str, str, int], ...]
    columns: tuple[ColumnResult, ...]
    files: tuple[FileResult, ...]
    questions: tuple[MoveQuestion, ...]
    samples: Mapping[str, Sequence[RowSample]] = field(default_factory=dict)
    unknown: tuple[tuple[str, str, int], ...] = ()
    first_signup_on: str = ""
    time_zone: str = ""
    reviews: tuple[MoveReview, ...] = ()

    def pile(self, pile: Pile) -> list[tuple[str, int]]:
        """By reason, the most frequent first."""
        return [(reason, people) for name, reason, people in self.counts if name == pile.value]

    def people(self, pile: Pile) -> int:
        return sum(people for _reason, people in self.pile(pile))

    @property
    def blocking(self) -> tuple[MoveQuestion, ...]:
        return tuple(question for question in self.questions if question.about in BLOCKING)

    def as_json(self) -> dict[str, Any]:
        return {
            "system": self.system,
            "rows": self.rows,
            "counts": self.counts,
            "columns": [
                [column.title, column.values, column.choice, column.field, column.field_type] for column in self.columns
            ],
            "files": [
                [file.number, file.name, file.rows, file.system, file.all_rows, file.asks] for file in self.files
            ],
            "questions": [question.as_json() for question in self.questions],
            "samples": {name: [list(row) for row in rows] for name, rows in self.samples.items()},
            "unknown": self.unknown,
            "first_signup_on": self.first_signup_on,
            "time_zone": self.time_zone,
            "reviews": [review.as_json() for review in self.reviews],
        }

    def numbers_only(self) -> dict[str, Any]:
        """Without any value from the files, for a move that has started."""
        stored = self.as_json()
        return {**stored, "columns": [], "samples": {}, "unknown": [], "questions": []}

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> "MoveFindings":
        return cls(
            system=stored["system"],
            rows=stored["rows"],
            counts=tuple((pile, reason, people) for pile, reason, people in stored["counts"]),
            columns=tuple(ColumnResult(title, tuple(values), *rest) for title, values, *rest in stored["columns"]),
            files=tuple(FileResult(*file_row) for file_row in stored["files"]),
            questions=tuple(MoveQuestion(**question) for question in stored["questions"]),
            samples={name: [RowSample(*row) for row in rows] for name, rows in stored["samples"].items()},
            unknown=tuple((title, word, rows) for title, word, rows in stored["unknown"]),
            first_signup_on=stored["first_signup_on"],
            time_zone=stored["time_zone"],
            reviews=tuple(MoveReview(**review) for review in stored.get("reviews", ())),
        )


def result_of(runner: DryRunner, dry_run: DryRun) -> MoveFindings:
    """Raises ImportProblem if there is too much to show."""
    counts = sorted(dry_run.counts.items(), key=lambda item: (item[0][0].value, -item[1], item[0][1]))
    samples = {f"{pile.value}/{reason}": rows for (pile, reason), rows in runner.samples().items() if rows}
    zones = Counter(plan.terms.time_zone for plan in runner.plans)
    return MoveFindings(
        system=dry_run.system or "",
        rows=dry_run.rows,
        counts=tuple((pile.value, reason, people) for (pile, reason), people in counts if people),
        columns=tuple(_columns(runner.plans)),
        files=tuple(_file(plan, dry_run) for plan in runner.plans),
        questions=tuple(dry_run.questions),
        samples=samples,
        unknown=tuple((title, word, rows) for (title, word), rows in dry_run.unknown.most_common(UNKNOWN_WORDS)),
        first_signup_on="" if dry_run.first_signup_at is None else dry_run.first_signup_at.date().isoformat(),
        time_zone=zones.most_common(1)[0][0],
        reviews=tuple(dry_run.reviews),
    )


def _file(plan: FilePlan, dry_run: DryRun) -> FileResult:
    name = plan.file.name
    asks = bool(name_asks(name)) or any(question.about == FILE for question in plan.questions)
    return FileResult(plan.number, name, dry_run.file_rows[name], plan.terms.system, plan.terms.all_rows, asks)


def _columns(plans: Iterable[FilePlan]) -> list[ColumnResult]:
    columns: dict[str, ColumnResult] = {}
    for plan in plans:
        names = {title: name for name, title in plan.mapping.items()}
        for at, title in enumerate(plan.preview.header):
            column = _column(plan, at, title, names.get(title, ""))
            earlier = columns.setdefault(title, column)
            if earlier is not column and (not earlier.values or not earlier.choice):
                columns[title] = replace(earlier if earlier.choice else column, values=earlier.values or column.values)
    if len(columns) > MAX_COLUMNS:
        text = _("together the files have %(count)d different columns; the maximum is %(limit)d")
        raise ImportProblem(text % {"count": len(columns), "limit": MAX_COLUMNS})
    return list(columns.values())


def _column(plan: FilePlan, at: int, title: str, name: str) -> ColumnResult:
    values = _values(plan, at)
    if not name.startswith(ATTRIBUTE_PREFIX):
        return ColumnResult(title, values, choice_of(name))
    key = attribute_key(name.removeprefix(ATTRIBUTE_PREFIX))
    proposed = propose_type(key, plan.preview.survey.types[at], title).name
    return ColumnResult(title, values, choice_of(name), key, plan.terms.field_types.get(title) or proposed)


def _values(plan: FilePlan, at: int) -> tuple[str, ...]:
    """Different ones; addresses are masked."""
    texts = dict.fromkeys(row[at].strip()[:SHOWN_CHARACTERS] for row in plan.preview.rows if at < len(row))
    visible = (masked_address(text) if "@" in text else text for text in texts if text)
    return tuple(visible)[:SHOWN_VALUES]
