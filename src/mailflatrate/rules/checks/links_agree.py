"""R-49: prices and dates in the campaign are those of the page."""

from mailflatrate.rules.facts import CampaignFacts
from mailflatrate.rules.verdict import Check, CheckedChain, Params, RuleText, Severity


def _hits(facts: CampaignFacts) -> Params | None:
    differ = [(visit.url, disagreement) for visit in facts.content.visits for disagreement in visit.disagreements]
    return {"links": tuple(f"{sentence} ({url})" for url, sentence in differ)[:5]} if differ else None


CHECK: Check[CampaignFacts] = Check(
    rule="R-49",
    key="links-agree",
    places={CheckedChain.CAMPAIGN: 5210},
    severity=Severity.WARN,
    anchor="campaign.content",
    source="Derived",
    hits=_hits,
    text=RuleText(
        title="Prices and dates match the pages",
        sentence="The campaign and the page behind the link differ (campaign / page): {links}.",
        why="A price or date that is wrong in one of the two places misleads readers, and may bind you.",
        fix="Correct the one that is wrong, then visit the links again.",
    ),
)
