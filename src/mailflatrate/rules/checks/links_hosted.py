"""R-49: no link leads to a host name that does not exist."""

from mailflatrate.rules.campaigns.linked_pages import LinkOutcome
from mailflatrate.rules.facts import CampaignFacts
from mailflatrate.rules.verdict import Check, CheckedChain, Params, RuleText, Severity


def _hits(facts: CampaignFacts) -> Params | None:
    lost = [visit.url for visit in facts.content.visits if visit.outcome is LinkOutcome.NO_HOST]
    return {"links": tuple(lost)[:5]} if lost else None


CHECK: Check[CampaignFacts] = Check(
    rule="R-49",
    key="links-hosted",
    places={CheckedChain.CAMPAIGN: 5170},
    severity=Severity.BLOCK,
    anchor="campaign.content",
    source="Derived",
    hits=_hits,
    text=RuleText(
        title="Links lead to hosts that exist",
        sentence="There is no website at the host name of these links: {links}.",
        why="No recipient could open them, and anyone could register the name and take it over.",
        fix="Correct the address. If you have just set up the domain, visit the links again.",
    ),
)
