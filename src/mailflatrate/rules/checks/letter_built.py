"""R-54: a letter of this mailing can be written, with the whole header."""

from __future__ import annotations

from mailflatrate.rules.facts import CampaignFacts
from mailflatrate.rules.verdict import Check, Params, RuleText, Severity


def _hits(facts: CampaignFacts) -> Params | None:
    sample = facts.sample
    if sample is None or not (sample.problem or sample.broken):
        return None
    return {"problems": (sample.problem,) if sample.problem else tuple(f"rule.{key}" for key in sample.broken)}


CHECK: Check[CampaignFacts] = Check(
    rule="R-54",
    key="letter-built",
    severity=Severity.BLOCK,
    anchor="campaign.sender",
    source="RFC 5322; RFC 2369; RFC 8058; Google answer 6254652",
    hits=_hits,
    text=RuleText(
        title="Header complete",
        sentence="A sample letter could not be written as it must be: {problems}.",
        why="Every letter carries the header that lets people leave, answer and complain.",
        fix=(
            "Look at what is named here: a personal field, the sender name, the reply address or the subject. "
            "Otherwise write to us."
        ),
    ),
)
