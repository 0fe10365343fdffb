"""R-49: the page behind each link is there when it is visited once before release."""

from mailflatrate.rules.campaigns.linked_pages import LinkOutcome
from mailflatrate.rules.facts import CampaignFacts
from mailflatrate.rules.verdict import Check, CheckedChain, Params, RuleText, Severity

_MISSED = (LinkOutcome.GONE, LinkOutcome.FAILED)


def _hits(facts: CampaignFacts) -> Params | None:
    missed = [visit for visit in facts.content.visits if visit.outcome in _MISSED]
    if not missed:
        return None
    return {"links": tuple(f"{link.url} ({link.problem})" if link.problem else link.url for link in missed)[:5]}


CHECK: Check[CampaignFacts] = Check(
    rule="R-49",
    key="links-found",
    places={CheckedChain.CAMPAIGN: 5180},
    severity=Severity.WARN,
    anchor="campaign.content",
    source="Derived",
    hits=_hits,
    text=RuleText(
        title="Links lead to a page",
        sentence="We visited these links and got no page: {links}.",
        why="Readers who click would see an error.",
        fix="Correct the address or publish the page, then visit the links again.",
    ),
)
