"""R-47: a subject that says time is short must be true; the claim is kept with its date."""

from __future__ import annotations

from mailflatrate.rules.facts import HasContent
from mailflatrate.rules.phrases import find_haste
from mailflatrate.rules.verdict import Check, Params, RuleText, Severity


def _hits(facts: HasContent) -> Params | None:
    claim = find_haste(facts.content.subject)
    return None if claim is None else {"claim": claim}


CHECK: Check[HasContent] = Check(
    rule="R-47",
    key="subject-unhurried",
    severity=Severity.WARN,
    anchor="campaign.subject",
    source="Brown v. Old Navy (Wash. 17 Apr 2025); USD 100 a message since 11 Jun 2026; UWG section 5",
    hits=_hits,
    text=RuleText(
        title="Haste only where it is true",
        sentence="The subject presses for time: {claim}.",
        why="A deadline that is extended afterwards is deception; in Washington each message costs USD 100.",
        fix="Name the real end, such as a date, or leave the pressure out. Your claim is kept with this check.",
    ),
)
