"""The lines of the doctor's report: the command prints them, and the desk's set-up page sorts them into steps."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Self


class Level(StrEnum):
    """OK, works but deserves a look, or keeps real sending from working."""

    OK = "ok"
    WARNING = "warning"
    MISSING = "missing"


@dataclass(frozen=True, slots=True)
class Line:
    """One finding. `mend` says what to do; empty where nothing is to be done."""

    level: Level
    topic: str
    text: str
    mend: str = ""

    def as_json(self) -> dict[str, str]:
        """For `--json`."""
        return {"level": self.level.value, "topic": self.topic, "text": self.text, "mend": self.mend}

    @classmethod
    def from_json(cls, given: Mapping[str, str]) -> Self:
        """Read what `as_json` wrote. Raises KeyError or ValueError for anything else."""
        return cls(Level(given["level"]), given["topic"], given["text"], given["mend"])


def ok(topic: str, text: str) -> Line:
    """Nothing to do."""
    return Line(Level.OK, topic, text)


def warning(topic: str, text: str, mend: str) -> Line:
    """Mail goes out, and still somebody should look."""
    return Line(Level.WARNING, topic, text, mend)


def missing(topic: str, text: str, mend: str) -> Line:
    """Real sending does not work, or must not, as long as this stays."""
    return Line(Level.MISSING, topic, text, mend)


def printed(line: Line) -> str:
    """The line as a terminal shows it, its mending below."""
    text = f"{line.level.value:<8} {line.topic:<10} {line.text}"
    return f"{text}\n{'':19} -> {line.mend}" if line.mend else text
