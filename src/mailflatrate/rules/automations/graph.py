"""The graph of an automation, as its author wrote it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

MAX_STEPS = 100
MAX_DEPTH = 3
"""How deep branches and splits nest."""
MAX_ARMS = 8
MAX_TEXT_CHARACTERS = 500
MAX_NAME_CHARACTERS = 120
MAX_LINK_CHARACTERS = 2_000
MAX_CONDITION_CHARACTERS = 20_000
MAX_WAIT_DAYS = 730
MAX_OFFSET_DAYS = 365
MAX_CAP_PER_WEEK = 50
MAX_INACTIVE_DAYS = 3_650

Condition = Mapping[str, Any] | list[Any]
"""A segment's tree of conditions, as stored; `lists.conditions` reads it."""


class EntryKind(StrEnum):
    """What lets a person enter."""

    CONFIRMED = "confirmed"
    DATE = "date"
    SEGMENT_ENTERED = "segment_entered"
    SEGMENT_LEFT = "segment_left"
    TAG_ADDED = "tag_added"
    EVENT = "event"
    CLICKED = "clicked"
    INACTIVE = "inactive"


class ZoneOf(StrEnum):
    """Whose clock counts."""

    PERSON = "person"
    ACCOUNT = "account"


class ReentryMode(StrEnum):
    """Whether a person who has finished or left may enter again."""

    NEVER = "never"
    AFTER = "after"
    ALWAYS = "always"


class LateRule(StrEnum):
    """What to do with a step that is more than a day late, after an outage or a pause."""

    SEND = "send"
    SKIP = "skip"
    END = "end"


class StepKind(StrEnum):
    """What a step does."""

    SEND = "send"
    WAIT = "wait"
    BRANCH = "branch"
    SPLIT = "split"
    SET_FIELD = "set_field"
    ADD_TAG = "add_tag"
    REMOVE_TAG = "remove_tag"
    NOTIFY = "notify"
    WEBHOOK = "webhook"
    GO_TO = "go_to"
    END = "end"


@dataclass(frozen=True, slots=True)
class Entry:
    """What starts the automation for a person. Which of the fields count depends on `on`; None is not chosen yet."""

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
    """Whether a person may enter again, and after how many days."""

    mode: ReentryMode = ReentryMode.NEVER
    days: int = 0


@dataclass(frozen=True, slots=True)
class Goal:
    """A condition that ends the automation for a person who meets it, or takes them to a step."""

    condition: Condition
    then: str = "end"


@dataclass(frozen=True, slots=True)
class NoMailHours:
    """No message leaves between two times of day, on the person's clock. It may go past midnight."""

    start: str
    end: str


class WaitKind(StrEnum):
    """What a wait waits for."""

    FOR = "for"
    UNTIL = "until"
    DATE = "date"
    EVENT = "event"


@dataclass(frozen=True, slots=True)
class WaitRule:
    """A wait: for a time, until a time of day, until a date field of the person, or for an event but not forever.

    `days` of a date is the offset from it, and of an event the longest wait.
    """

    kind: WaitKind
    minutes: int = 0
    hours: int = 0
    days: int = 0
    weekday: int | None = None
    at: str = "09:00"
    field: str = ""
    event: str = ""


@dataclass(frozen=True, slots=True)
class Arm:
    """One arm of a split, with its share in percent."""

    share: int
    steps: tuple[Step, ...] = ()


@dataclass(frozen=True, slots=True)
class Step:
    """One step. Which of the fields count depends on `do`; None and empty text are not chosen yet.

    A nested list flows into the step after its parent.
    """

    id: str
    do: StepKind
    campaign: int | None = None
    wait: WaitRule | None = None
    condition: Condition | None = None
    then: tuple[Step, ...] = ()
    otherwise: tuple[Step, ...] = ()
    arms: tuple[Arm, ...] = ()
    field: str = ""
    value: str | int | float | bool | list[str] | None = None
    tag: int | None = None
    user: int | None = None
    text: str = ""
    endpoint: int | None = None
    automation: int | None = None

    def lists(self) -> Iterator[tuple[Step, ...]]:
        """Yield the lists of steps nested in this one."""
        yield self.then
        yield self.otherwise
        for arm in self.arms:
            yield arm.steps


@dataclass(frozen=True, slots=True)
class Graph:
    """An automation as its author wrote it."""

    entry: Entry
    steps: tuple[Step, ...] = ()
    reentry: Reentry = field(default_factory=Reentry)
    goal: Goal | None = None
    late: LateRule = LateRule.SEND
    cap_per_week: int | None = None
    quiet: NoMailHours | None = None

    def all_steps(self) -> Iterator[Step]:
        """Yield every step, in the order in which it is read."""
        yield from walk(self.steps)

    def campaigns(self) -> tuple[int, ...]:
        """Return the ids of the messages, in their order."""
        return tuple(step.campaign for step in self.all_steps() if step.do is StepKind.SEND and step.campaign)


def walk(steps: tuple[Step, ...]) -> Iterator[Step]:
    """Yield steps and all that is nested in them, in order."""
    for step in steps:
        yield step
        for nested in step.lists():
            yield from walk(nested)
