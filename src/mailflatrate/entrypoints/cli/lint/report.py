"""How a judged message is printed: for people, as JSON, as SARIF 2.1.0 for tools that collect findings."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from mailflatrate.rules.gate import RULES_VERSION, all_rules, explain
from mailflatrate.rules.lint import finding_as_json, verdict_word, where
from mailflatrate.rules.message import MessageFacts
from mailflatrate.rules.message_chain import Profile
from mailflatrate.rules.verdict import Finding, Language, Severity, Verdict

_LEVELS = {Severity.BLOCK: "error", Severity.REVIEW: "warning", Severity.WARN: "warning", Severity.INFO: "note"}


@dataclass(frozen=True, slots=True)
class Judged:
    """One message with its verdict."""

    file: str
    profile: Profile
    facts: MessageFacts
    verdict: Verdict

    def line_of(self, finding: Finding) -> int:
        """The line of the header field that a finding is about; 1 for the body."""
        return self.facts.message.line_of(where(finding).lower())


def as_json(judged: Judged, language: Language) -> str:
    """One object on one line: file, findings, verdict, and what was judged by."""
    return _dump(
        {
            "file": judged.file,
            "profile": judged.profile.value,
            "kind": judged.facts.kind.value,
            "rules_version": RULES_VERSION,
            "findings": [
                {**finding_as_json(finding, language), "line": judged.line_of(finding)}
                for finding in judged.verdict.failures
            ],
            "verdict": verdict_word(judged.verdict),
        }
    )


def as_text(judged: Judged, language: Language) -> str:
    """Lines for a terminal; the last says the verdict."""
    failures = judged.verdict.failures
    lines = []
    for finding in failures:
        words = explain(finding, language)
        lines.append(f"{finding.severity.value:6} {finding.rule:5} {where(finding)}: {words.sentence}")
        lines.append(f"{'':12} {words.mend}")
    passed = len(judged.verdict.findings) - len(failures)
    lines.append(f"{judged.file}: {verdict_word(judged.verdict)}, {len(failures)} findings, {passed} rules passed")
    return "\n".join(lines)


def as_sarif(all_judged: Sequence[Judged], language: Language) -> str:
    """One SARIF log with one run over all messages."""
    found = [(judged, finding) for judged in all_judged for finding in judged.verdict.failures]
    keys = list(dict.fromkeys(finding.key for _, finding in found))
    run = {
        "tool": {
            "driver": {
                "name": "mailflatrate lint",
                "version": RULES_VERSION,
                "rules": [_sarif_rule(key, language) for key in keys],
            }
        },
        "results": [_sarif_result(judged, finding, keys.index(finding.key), language) for judged, finding in found],
    }
    return _dump({"$schema": "https://json.schemastore.org/sarif-2.1.0.json", "version": "2.1.0", "runs": [run]})


def _sarif_rule(key: str, language: Language) -> dict[str, Any]:
    rule = all_rules()[key]
    words = rule.words(language)
    return {
        "id": key,
        "name": rule.rule,
        "shortDescription": {"text": words.title},
        "fullDescription": {"text": words.why},
        "help": {"text": f"{words.mend} ({rule.source})"},
        "defaultConfiguration": {"level": _LEVELS[rule.severity]},
    }


def _sarif_result(judged: Judged, finding: Finding, index: int, language: Language) -> dict[str, Any]:
    place = {"artifactLocation": {"uri": judged.file}, "region": {"startLine": judged.line_of(finding)}}
    return {
        "ruleId": finding.key,
        "ruleIndex": index,
        "level": _LEVELS[finding.severity],
        "message": {"text": explain(finding, language).sentence},
        "locations": [{"physicalLocation": place, "logicalLocations": [{"name": where(finding)}]}],
    }


def _dump(value: object) -> str:
    return json.dumps(value, ensure_ascii=False).encode("utf-8", "replace").decode("utf-8")
