"""R-49: each link was visited once before release."""

from mailflatrate.rules.campaigns.linked_pages import LinkOutcome
from mailflatrate.rules.facts import CampaignFacts
from mailflatrate.rules.verdict import Check, CheckedChain, Params, RuleText, Severity

_OPEN = (LinkOutcome.WAITING, LinkOutcome.UNKNOWN)


def _hits(facts: CampaignFacts) -> Params | None:
    unseen = [visit.url for visit in facts.content.visits if visit.outcome in _OPEN]
    return {"links": tuple(unseen)[:5], "number": len(unseen)} if unseen else None


CHECK: Check[CampaignFacts] = Check(
    rule="R-49",
    key="links-visited",
    places={CheckedChain.CAMPAIGN: 5190},
    severity=Severity.WARN,
    anchor="campaign.content",
    source="Derived",
    hits=_hits,
    text=RuleText(
        title="All links were visited",
        sentence="We haven't been able to visit {number} of the links yet: {links}.",
        why="We open each link once before you send, so that readers don't find errors first.",
        fix="Wait a moment, or visit the links again.",
    ),
)
