"""The results of a chain of rules, passed and failed alike. A finding keeps identifiers and parameters, not sentences,
so that it can be read in any language, even years later; `rules.gate.judge.explain` turns it into text.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Generic, TypeVar

from mailflatrate.locale.texts import translate

Param = str | int | tuple[str, ...]
"""A value in a sentence. A tuple is a list of vocabulary keys or names and is shown joined by commas."""
Params = Mapping[str, Param]
NO_PARAMS: Params = {}


class Severity(Enum):
    BLOCK = "block"
    REVIEW = "review"
    WARN = "warn"
    INFO = "info"


class CheckedChain(Enum):
    """What is judged; `rules.gate.chains` has the chains."""

    CAMPAIGN = "campaign"
    FROM = "from"
    CONFIRMATION = "confirmation"
    FORM = "form"
    NOTICE = "notice"
    CONTRACT = "contract"


@dataclass(frozen=True, slots=True)
class RuleText:
    """As message ids. `sentence` may hold `{name}` for each parameter of the finding."""

    title: str
    sentence: str
    why: str
    fix: str

    def translated(self, language: str) -> RuleText:
        return RuleText(
            translate(self.title, language),
            translate(self.sentence, language),
            translate(self.why, language),
            translate(self.fix, language),
        )


Facts_contra = TypeVar("Facts_contra", contravariant=True)


@dataclass(frozen=True, slots=True)
class Check(Generic[Facts_contra]):
    """`hits` returns None if the facts pass, else the sentence's parameters. `anchor` is the field that fixes it
    (`campaign.subject`), `version` grows with every change of meaning. `places` are those in the chains; smaller
    numbers are asked first.
    """

    rule: str
    key: str
    severity: Severity
    anchor: str
    source: str
    text: RuleText
    hits: Callable[[Facts_contra], Params | None]
    version: int = 1
    places: Mapping[CheckedChain, int] = field(default_factory=dict, hash=False)

    def words(self, language: str) -> RuleText:
        return self.text.translated(language)

    def judge(self, facts: Facts_contra) -> Finding:
        params = self.hits(facts)
        if params is None:
            return Finding(self.rule, self.key, self.severity, True, self.anchor)
        return Finding(self.rule, self.key, self.severity, False, self.anchor, tuple(params.items()))


@dataclass(frozen=True, slots=True)
class Finding:
    rule: str
    key: str
    severity: Severity
    passed: bool
    anchor: str
    params: tuple[tuple[str, Param], ...] = ()

    def as_json(self) -> dict[str, object]:
        return {
            "rule": self.rule,
            "key": self.key,
            "severity": self.severity.value,
            "passed": self.passed,
            "anchor": self.anchor,
            "params": {name: list(value) if isinstance(value, tuple) else value for name, value in self.params},
        }


def finding_from_json(stored: Mapping[str, object]) -> Finding:
    """Read what `Finding.as_json` wrote. Raises KeyError or ValueError if the mapping is invalid."""
    params = stored["params"]
    if not isinstance(params, Mapping):
        raise ValueError("params is not a mapping")
    return Finding(
        rule=str(stored["rule"]),
        key=str(stored["key"]),
        severity=Severity(stored["severity"]),
        passed=bool(stored["passed"]),
        anchor=str(stored["anchor"]),
        params=tuple((str(name), _param(value)) for name, value in params.items()),
    )


def _param(value: object) -> Param:
    if isinstance(value, list):
        return tuple(str(item) for item in value)
    return value if isinstance(value, int) else str(value)


@dataclass(frozen=True, slots=True)
class Verdict:
    rules_version: str
    findings: tuple[Finding, ...]

    @property
    def failures(self) -> tuple[Finding, ...]:
        return tuple(finding for finding in self.findings if not finding.passed)

    @property
    def blocked_by(self) -> tuple[Finding, ...]:
        return tuple(finding for finding in self.failures if finding.severity is Severity.BLOCK)

    @property
    def allowed(self) -> bool:
        """Return whether no blocking rule failed. An allowed verdict can still wait for a reviewer."""
        return not self.blocked_by

    @property
    def needs_review(self) -> bool:
        return any(finding.severity is Severity.REVIEW for finding in self.failures)

    def __iter__(self) -> Iterator[Finding]:
        return iter(self.findings)

    def as_json(self) -> dict[str, object]:
        return {
            "rules_version": self.rules_version,
            "findings": [finding.as_json() for finding in self.findings],
        }


def verdict_from_json(stored: Mapping[str, object]) -> Verdict:
    """Read what `Verdict.as_json` wrote. Raises KeyError or ValueError if the mapping is invalid."""
    findings = stored["findings"]
    if not isinstance(findings, list):
        raise ValueError("findings is not a list")
    return Verdict(str(stored["rules_version"]), tuple(finding_from_json(item) for item in findings))
