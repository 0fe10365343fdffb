"""Which check keeps which rule, and what is kept elsewhere: the table `coverage.csv`, complete by a test."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Coverage:
    """One rule of the rule base. `elsewhere` says where it is kept and why, where no check of the gate does it all."""

    rule: str
    enforcers: frozenset[str]
    checks: tuple[str, ...]
    elsewhere: str


@cache
def coverage() -> tuple[Coverage, ...]:
    """The table in its order."""
    lines = (Path(__file__).parent / "coverage.csv").read_text("utf-8").splitlines()
    rows = (line.split(";", 3) for line in lines if line.strip() and not line.startswith("#"))
    return tuple(
        Coverage(rule, frozenset(enforcers.split()), tuple(checks.split()), elsewhere.strip())
        for rule, enforcers, checks, elsewhere in rows
    )
