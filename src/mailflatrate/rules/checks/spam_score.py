"""R-50: how the operator's own spam filter rates a sample message; advice only, never decisive."""

from mailflatrate.rules.facts import CampaignFacts
from mailflatrate.rules.verdict import Check, CheckedChain, Params, RuleText, Severity


def _hits(facts: CampaignFacts) -> Params | None:
    spam = facts.spam
    if spam is None or spam.score < spam.needed:
        return None
    return {"score": f"{spam.score:.1f}", "needed": f"{spam.needed:.1f}", "tests": spam.tests[:6] or ("-",)}


CHECK: Check[CampaignFacts] = Check(
    rule="R-50",
    key="spam-score",
    places={CheckedChain.CAMPAIGN: 6130},
    severity=Severity.WARN,
    anchor="campaign.content",
    source="SpamAssassin or rspamd of the operator, where one is configured",
    hits=_hits,
    text=RuleText(
        title="Passes the spam filter",
        sentence="The spam filter gives a sample message {score} points. At {needed}, it counts as spam: {tests}.",
        why="Your recipients' filters look for the same signs.",
        fix="Check the signs named here. Most are about images without text, capital letters and odd links.",
    ),
)
