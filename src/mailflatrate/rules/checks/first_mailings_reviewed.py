"""R-06: the first campaigns of an account wait for a reviewer."""

from mailflatrate.rules import limits
from mailflatrate.rules.facts import CampaignFacts
from mailflatrate.rules.verdict import Check, CheckedChain, Params, RuleText, Severity


def _hits(facts: CampaignFacts) -> Params | None:
    release = facts.release
    if not release.supervised or release.early_review:
        return None
    return {"number": facts.account.campaigns_sent + 1, "limit": int(limits.value("supervised_campaigns"))}


CHECK: Check[CampaignFacts] = Check(
    rule="R-06",
    key="first-mailings-reviewed",
    places={CheckedChain.CAMPAIGN: 1060},
    severity=Severity.REVIEW,
    anchor="campaign.release",
    source="CSA criteria 2020 section 2.1b: probation of 3 mailings within 2 months",
    hits=_hits,
    text=RuleText(
        title="First campaigns of a new account reviewed",
        sentence="This is campaign number {number} of a new account. We review the first {limit}.",
        why="The first campaigns show whether a list is what you declared it to be.",
        fix="Send or schedule it as usual. We'll send it once it's been reviewed, and let you know.",
    ),
)
