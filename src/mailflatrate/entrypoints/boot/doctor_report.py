"""The lines of the doctor's report: the command prints them, and the desk's setup page sorts them into steps."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Self


class Level(StrEnum):
    """The level of a finding: fine, works but deserves attention, or prevents real sending."""

    OK = "ok"
    WARNING = "warning"
    MISSING = "missing"


@dataclass(frozen=True, slots=True)
class Line:
    """One finding. `fix` says what to do; empty if nothing needs doing."""

    level: Level
    topic: str
    text: str
    fix: str = ""

    def as_json(self) -> dict[str, str]:
        """For `--json`."""
        return {"level": self.level.value, "topic": self.topic, "text": self.text, "fix": self.fix}

    @classmethod
    def from_json(cls, given: Mapping[str, str]) -> Self:
        """Read what `as_json` wrote. Raises KeyError or ValueError for anything else."""
        return cls(Level(given["level"]), given["topic"], given["text"], given["fix"])


def ok(topic: str, text: str) -> Line:
    """Return a line that needs no action."""
    return Line(Level.OK, topic, text)


def warning(topic: str, text: str, fix: str) -> Line:
    """Return a line for what works but needs attention."""
    return Line(Level.WARNING, topic, text, fix)


def missing(topic: str, text: str, fix: str) -> Line:
    """Return a line for what prevents real sending."""
    return Line(Level.MISSING, topic, text, fix)


def printed(line: Line) -> str:
    """Return the line as a terminal shows it, with the fix below."""
    text = f"{line.level.value:<8} {line.topic:<10} {line.text}"
    return f"{text}\n{'':19} -> {line.fix}" if line.fix else text
