"""Measures lint on labeled messages: kinds, precision by rule, what was missed, personal messages blocked."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime

from extensions.lint.lint_set.build import Labeled
from mailflatrate.rules.gate.causes import find_causes
from mailflatrate.rules.gate.lint import LintLookups, judge_message, message_facts
from mailflatrate.rules.verdict import Severity

NOW = datetime(2026, 11, 25, tzinfo=UTC)


@dataclass
class Measured:
    """The figures of one run. `true` and `false` count findings by rule; causes only."""

    messages: int = 0
    kinds_right: int = 0
    true: Counter[str] = field(default_factory=Counter)
    false: Counter[str] = field(default_factory=Counter)
    missed: Counter[str] = field(default_factory=Counter)
    personal_blocked: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    """Messages with a wrong kind, a false finding or a missed one, in words."""

    @property
    def precision(self) -> dict[str, float]:
        """The share of true findings of every rule that fired."""
        keys = sorted({*self.true, *self.false})
        return {key: self.true[key] / (self.true[key] + self.false[key]) for key in keys}


def measure(messages: Iterable[Labeled]) -> Measured:
    found = Measured()
    for one in messages:
        facts = message_facts(one.raw, LintLookups(), now=NOW)
        verdict = judge_message(facts)
        causes = find_causes(verdict)
        keys = {cause.finding.key for cause in causes}
        false, missed = keys - one.truths, one.truths - {finding.key for finding in verdict.failures}
        found.messages += 1
        found.kinds_right += facts.kind.value == one.kind
        found.true.update(keys & one.truths)
        found.false.update(false)
        found.missed.update(missed)
        if one.kind == "personal" and any(cause.finding.severity is Severity.BLOCK for cause in causes):
            found.personal_blocked.append(one.name)
        if facts.kind.value != one.kind or false or missed:
            found.wrong.append(f"{one.name}: {facts.kind.value}, false {sorted(false)}, missed {sorted(missed)}")
    return found
