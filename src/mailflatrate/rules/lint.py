"""Judging what other systems sent, by the gate's own rules (`mailflatrate lint`). Bytes and text in, findings out."""

from __future__ import annotations

from dataclasses import dataclass

from mailflatrate.mail.from_line import Mailbox, read_from
from mailflatrate.rules.facts import FromFacts
from mailflatrate.rules.gate import explain, judge_from
from mailflatrate.rules.imprint import Imprint
from mailflatrate.rules.names.brands import Brands
from mailflatrate.rules.verdict import Finding, Language, Verdict


@dataclass(frozen=True, slots=True)
class LooseFrom:
    """A From field of which nothing else is known."""

    from_line: FromFacts
    imprint: Imprint | None = None


def from_facts(value: str, brands: Brands) -> FromFacts:
    """What a From field shows: the names of all its mailboxes, the address of the last one."""
    found = [mailbox for mailbox in read_from(value) if mailbox.address] or list(read_from(value))
    last = found[-1] if found else Mailbox("", "", "")
    name = " ".join(dict.fromkeys(mailbox.name for mailbox in found if mailbox.name))
    return FromFacts(name, last.address, last.domain, len(found), brands=brands)


def lint_from_line(value: str, brands: Brands) -> dict[str, object]:
    """The findings of the sender-identity rules for the value of a From field, ready for JSON."""
    facts = from_facts(value, brands)
    verdict = judge_from(LooseFrom(facts))
    return {
        "name": facts.name,
        "address": facts.address,
        "findings": [finding_as_json(finding, "From") for finding in verdict.failures],
        "verdict": verdict_word(verdict),
    }


def finding_as_json(finding: Finding, where: str, language: Language = Language.ENGLISH) -> dict[str, object]:
    """One finding as `mailflatrate lint --json` prints it."""
    words = explain(finding, language)
    return {
        "rule": finding.rule,
        "key": finding.key,
        "severity": finding.severity.value,
        "message": words.sentence,
        "mend": words.mend,
        "where": where,
        "source": words.source,
    }


def verdict_word(verdict: Verdict) -> str:
    """`block`, `review`, `warn`, `info` by the heaviest failure, or `pass`."""
    weights = [finding.severity for finding in verdict.failures]
    return next((severity.value for severity in type(weights[0]) if severity in weights), "pass") if weights else "pass"
