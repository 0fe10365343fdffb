"""Which check enforces which rule, by the rule that each check names, and what else does: `coverage.csv`."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path

from mailflatrate.rules.gate.judge import all_rules


@dataclass(frozen=True, slots=True)
class Coverage:
    rule: str
    enforcers: frozenset[str]
    checks: tuple[str, ...]
    elsewhere: str


@cache
def coverage() -> tuple[Coverage, ...]:
    lines = (Path(__file__).parent / "coverage.csv").read_text("utf-8").splitlines()
    rows = (line.split(";", 3) for line in lines if line.strip() and not line.startswith("#"))
    return tuple(
        Coverage(rule, frozenset(enforcers.split()), (*_checks_of(rule), *checks.split()), elsewhere.strip())
        for rule, enforcers, checks, elsewhere in rows
    )


def _checks_of(rule: str) -> list[str]:
    return [key for key, check in all_rules().items() if check.rule == rule]
