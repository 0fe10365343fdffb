"""R-110: an A/B test whose share of the audience is empty proves nothing, although its report would suggest it."""

from mailflatrate.rules.campaigns.ab_test import LEAST_READERS
from mailflatrate.rules.facts import CampaignFacts
from mailflatrate.rules.verdict import Check, CheckedChain, Params, RuleText, Severity


def _hits(facts: CampaignFacts) -> Params | None:
    readers = facts.audience.people_each
    if readers is None or readers >= LEAST_READERS:
        return None
    return {"recipients": facts.audience.recipients, "least": LEAST_READERS}


CHECK: Check[CampaignFacts] = Check(
    rule="R-110",
    key="variants-have-readers",
    places={CheckedChain.CAMPAIGN: 3050},
    severity=Severity.BLOCK,
    anchor="campaign.variants",
    source="Derived",
    hits=_hits,
    text=RuleText(
        title="Every variant has recipients",
        sentence=(
            "There are too few recipients for the test: with {recipients} recipients, one variant's share is less "
            "than {least}."
        ),
        why="A variant that no one gets can't win or lose, so there would be nothing to choose between.",
        fix="Give each variant a larger share, choose more recipients, or remove the variants.",
    ),
)
