"""The lines of the doctor's report. The command prints them, and the desk's setup page sorts them into steps."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any, Self


class Level(StrEnum):
    """The level of a finding: fine, works but deserves attention, or prevents real sending."""

    OK = "ok"
    WARNING = "warning"
    MISSING = "missing"


@dataclass(frozen=True, slots=True)
class RecordToPublish:
    name: str
    type: str
    value: str

    @property
    def sentence(self) -> str:
        return f"Publish {self.name} {self.type} {self.value}"


@dataclass(frozen=True, slots=True)
class Line:
    """One finding. `fix` says what to do; empty if no action is needed. `record` is the DNS record that fixes it."""

    level: Level
    topic: str
    text: str
    fix: str = ""
    record: RecordToPublish | None = None

    def as_json(self) -> dict[str, Any]:
        fields = {"level": self.level.value, "topic": self.topic, "text": self.text, "fix": self.fix}
        return {**fields, "record": asdict(self.record)} if self.record else fields

    @classmethod
    def from_json(cls, given: Mapping[str, Any]) -> Self:
        """Read what `as_json` wrote. Raises KeyError, TypeError or ValueError for anything else."""
        record = RecordToPublish(**given["record"]) if "record" in given else None
        return cls(Level(given["level"]), given["topic"], given["text"], given["fix"], record)


def ok(topic: str, text: str) -> Line:
    return Line(Level.OK, topic, text)


def warning(topic: str, text: str, fix: str) -> Line:
    return Line(Level.WARNING, topic, text, fix)


def missing(topic: str, text: str, fix: str) -> Line:
    return Line(Level.MISSING, topic, text, fix)


def unpublished(topic: str, text: str, record: RecordToPublish) -> Line:
    return Line(Level.MISSING, topic, text, record.sentence, record)


def printed(line: Line) -> str:
    text = f"{line.level.value:<8} {line.topic:<10} {line.text}"
    return f"{text}\n{'':19} -> {line.fix}" if line.fix else text
