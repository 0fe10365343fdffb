"""R-47: a subject that claims urgency must be true; the claim is stored with its date."""

from mailflatrate.rules.facts import HasContent
from mailflatrate.rules.phrases import find_haste
from mailflatrate.rules.verdict import Check, CheckedChain, Params, RuleText, Severity


def _hits(facts: HasContent) -> Params | None:
    claim = find_haste(facts.content.subject)
    return None if claim is None else {"claim": claim}


CHECK: Check[HasContent] = Check(
    rule="R-47",
    key="subject-unhurried",
    places={CheckedChain.CAMPAIGN: 5040},
    severity=Severity.WARN,
    anchor="campaign.subject",
    source="Brown v. Old Navy (Wash. 17 Apr 2025); USD 100 a message since 11 Jun 2026; UWG section 5",
    hits=_hits,
    text=RuleText(
        title="Urgency only when it's real",
        sentence="The subject line creates urgency: {claim}.",
        why="Extending a deadline afterward is deceptive. In Washington State, it costs USD 100 per message.",
        fix="State the real end date, or take out the urgency. Your claim is recorded with this check.",
    ),
)
