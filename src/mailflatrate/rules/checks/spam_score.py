"""R-50: what the operator's own spam filter thinks of a sample letter; it advises and never decides."""

from __future__ import annotations

from mailflatrate.rules.facts import CampaignFacts
from mailflatrate.rules.verdict import Check, Params, RuleText, Severity


def _hits(facts: CampaignFacts) -> Params | None:
    spam = facts.spam
    if spam is None or spam.score < spam.needed:
        return None
    return {"score": f"{spam.score:.1f}", "needed": f"{spam.needed:.1f}", "tests": spam.tests[:6] or ("-",)}


CHECK: Check[CampaignFacts] = Check(
    rule="R-50",
    key="spam-score",
    severity=Severity.WARN,
    anchor="campaign.content",
    source="SpamAssassin or rspamd of the operator, where one is configured",
    hits=_hits,
    text=RuleText(
        title="Spam filter content",
        sentence="The spam filter gives the sample letter {score} points; from {needed} on it is spam: {tests}.",
        why="Filters at the readers work with the same marks.",
        fix="Look at the marks named here; most of them are about pictures without text, capitals and odd links.",
    ),
)
