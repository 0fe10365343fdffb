"""The graph of an automation, as its author wrote it."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum

from mailflatrate.rules.automations.json_object import Condition
from mailflatrate.rules.automations.step import Step

MAX_STEPS = 100
MAX_DEPTH = 3
"""How deep branches and splits nest."""
MAX_NAME_CHARACTERS = 120
MAX_LINK_CHARACTERS = 2_000
MAX_OFFSET_DAYS = 365
MAX_CAP_PER_WEEK = 50
MAX_INACTIVE_DAYS = 3_650


class EntryKind(StrEnum):
    CONFIRMED = "confirmed"
    DATE = "date"
    SEGMENT_ENTERED = "segment_entered"
    SEGMENT_LEFT = "segment_left"
    TAG_ADDED = "tag_added"
    EVENT = "event"
    CLICKED = "clicked"
    INACTIVE = "inactive"


class ZoneOf(StrEnum):
    PERSON = "person"
    ACCOUNT = "account"


class ReentryMode(StrEnum):
    NEVER = "never"
    AFTER = "after"
    ALWAYS = "always"


class LateRule(StrEnum):
    SEND = "send"
    SKIP = "skip"
    END = "end"


@dataclass(frozen=True, slots=True)
class Entry:
    on: EntryKind
    form: int | None = None
    field: str = ""
    offset_days: int = 0
    yearly: bool = False
    at: str = "09:00"
    zone: ZoneOf = ZoneOf.PERSON
    segment: int | None = None
    tag: int | None = None
    name: str = ""
    campaign: int | None = None
    link: str = ""
    days: int = 0


@dataclass(frozen=True, slots=True)
class Reentry:
    mode: ReentryMode = ReentryMode.NEVER
    days: int = 0


@dataclass(frozen=True, slots=True)
class Goal:
    condition: Condition
    then: str = "end"


@dataclass(frozen=True, slots=True)
class NoMailHours:
    start: str
    end: str


@dataclass(frozen=True, slots=True)
class Graph:
    entry: Entry
    steps: tuple[Step, ...] = ()
    reentry: Reentry = field(default_factory=Reentry)
    goal: Goal | None = None
    late: LateRule = LateRule.SEND
    cap_per_week: int | None = None
    quiet: NoMailHours | None = None

    def all_steps(self) -> Iterator[Step]:
        yield from walk(self.steps)

    def campaigns(self) -> tuple[int, ...]:
        return tuple(step.message_id for step in self.all_steps() if step.message_id)


def walk(steps: tuple[Step, ...]) -> Iterator[Step]:
    for step in steps:
        yield step
        for nested in step.lists():
            yield from walk(nested)
