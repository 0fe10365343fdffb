"""Which check enforces which rule, and what is enforced elsewhere: `coverage.csv`, kept complete by a test."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Coverage:
    """One rule of the rule base. `elsewhere` says where and why it is enforced if no gate check does all of it."""

    rule: str
    enforcers: frozenset[str]
    checks: tuple[str, ...]
    elsewhere: str


@cache
def coverage() -> tuple[Coverage, ...]:
    """Return the table in order."""
    lines = (Path(__file__).parent / "coverage.csv").read_text("utf-8").splitlines()
    rows = (line.split(";", 3) for line in lines if line.strip() and not line.startswith("#"))
    return tuple(
        Coverage(rule, frozenset(enforcers.split()), tuple(checks.split()), elsewhere.strip())
        for rule, enforcers, checks, elsewhere in rows
    )
