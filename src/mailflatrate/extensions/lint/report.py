"""Printing a checked message: for people, as JSON, or as SARIF 2.1.0 for tools that collect findings."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from mailflatrate.locale.texts import N_, translate
from mailflatrate.rules.gate.causes import FindingCause, score
from mailflatrate.rules.gate.judge import RULES_VERSION, all_rules
from mailflatrate.rules.gate.lint import finding_as_json, weight_word, where
from mailflatrate.rules.gate.message_texts import explain_message, state_of
from mailflatrate.rules.messages.message import MessageFacts, MessageKind
from mailflatrate.rules.messages.message_chain import Profile
from mailflatrate.rules.verdict import Finding, Severity, Verdict

_LEVELS = {Severity.BLOCK: "error", Severity.REVIEW: "warning", Severity.WARN: "warning", Severity.INFO: "note"}


@dataclass(frozen=True, slots=True)
class LintedMessage:
    """One message with its verdict, and the verdict's failures as causes, in the order in which to fix them."""

    file: str
    profile: Profile
    facts: MessageFacts
    verdict: Verdict
    causes: tuple[FindingCause, ...]

    @property
    def word(self) -> str:
        return weight_word(cause.finding for cause in self.causes)

    def line_of(self, finding: Finding) -> int:
        """Return the line of the header field that a finding is about; 1 for the body."""
        return self.facts.message.line_of(where(finding).lower())


def as_json(judged: LintedMessage, language: str) -> str:
    return _dump(
        {
            "file": judged.file,
            "profile": judged.profile.value,
            "kind": judged.facts.kind.value,
            "kind_reasons": list(judged.facts.kind_reasons),
            "rules_version": RULES_VERSION,
            "score": score(judged.causes),
            "findings": [
                {
                    **_finding(judged, cause.finding, language),
                    "explains": [_finding(judged, effect, language) for effect in cause.effects],
                }
                for cause in judged.causes
            ],
            "verdict": judged.word,
        }
    )


def _finding(judged: LintedMessage, finding: Finding, language: str) -> dict[str, object]:
    words = explain_message(finding, language)
    return {
        **finding_as_json(finding, words),
        "state": state_of(finding),
        "line": judged.line_of(finding),
    }


def as_text(judged: LintedMessage, language: str) -> str:
    lines = []
    for cause in judged.causes:
        finding = cause.finding
        words = explain_message(finding, language)
        lines.append(f"{finding.severity.value:6} {finding.rule:5} {where(finding)}: {words.sentence}")
        lines.append(f"{'':12} {words.fix}")
        for effect in cause.effects:
            also = translate(N_("This causes"), language)
            lines.append(f"{'':12} {also}: {explain_message(effect, language).sentence} ({effect.rule})")
    passed = len(judged.verdict.findings) - len(judged.verdict.failures)
    kind, reasons = translate(_KINDS[judged.facts.kind], language), ", ".join(judged.facts.kind_reasons)
    kind = f"{kind} ({reasons})" if reasons else kind
    counted = translate(N_("{found} findings, {passed} rules passed"), language)
    counted = counted.format(found=len(judged.causes), passed=passed)
    points = translate(N_("score {score} out of 100"), language).format(score=score(judged.causes))
    lines.append(f"{judged.file}: {judged.word}, {points}, {kind}, {counted}")
    return "\n".join(lines)


_KINDS = {
    MessageKind.BULK: N_("bulk"),
    MessageKind.TRANSACTIONAL: N_("transactional"),
    MessageKind.PERSONAL: N_("personal"),
}


def as_sarif(all_judged: Sequence[LintedMessage], language: str) -> str:
    pairs = [(judged, cause) for judged in all_judged for cause in judged.causes]
    keys = list(dict.fromkeys(cause.finding.key for _, cause in pairs))
    run = {
        "tool": {
            "driver": {
                "name": "mailflatrate lint",
                "version": RULES_VERSION,
                "rules": [_sarif_rule(key, language) for key in keys],
            }
        },
        "results": [_sarif_result(judged, cause, keys.index(cause.finding.key), language) for judged, cause in pairs],
    }
    return _dump({"$schema": "https://json.schemastore.org/sarif-2.1.0.json", "version": "2.1.0", "runs": [run]})


def _sarif_rule(key: str, language: str) -> dict[str, Any]:
    rule = all_rules()[key]
    words = rule.words(language)
    return {
        "id": key,
        "name": rule.rule,
        "shortDescription": {"text": words.title},
        "fullDescription": {"text": words.why},
        "help": {"text": f"{words.fix} ({rule.source})"},
        "defaultConfiguration": {"level": _LEVELS[rule.severity]},
    }


def _sarif_result(judged: LintedMessage, cause: FindingCause, index: int, language: str) -> dict[str, Any]:
    finding = cause.finding
    place = {"artifactLocation": {"uri": judged.file}, "region": {"startLine": judged.line_of(finding)}}
    return {
        "ruleId": finding.key,
        "ruleIndex": index,
        "level": _LEVELS[finding.severity],
        "message": {"text": explain_message(finding, language).sentence},
        "properties": {"explains": [effect.key for effect in cause.effects], "kind": judged.facts.kind.value},
        "locations": [{"physicalLocation": place, "logicalLocations": [{"name": where(finding)}]}],
    }


def _dump(value: object) -> str:
    return json.dumps(value, ensure_ascii=False).encode("utf-8", "replace").decode("utf-8")
