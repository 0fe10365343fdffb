"""R-04, for accounts with approval: who ticks the policy and releases is not the requester or the last editor."""

from mailflatrate.rules.facts import CampaignFacts
from mailflatrate.rules.verdict import NO_PARAMS, Check, CheckedChain, Params, RuleText, Severity


def _hits(facts: CampaignFacts) -> Params | None:
    release = facts.release
    return NO_PARAMS if release.four_eyes and not release.second_release_by else None


CHECK: Check[CampaignFacts] = Check(
    rule="R-04",
    key="released-by-two",
    places={CheckedChain.CAMPAIGN: 1050},
    severity=Severity.BLOCK,
    anchor="campaign.second_release",
    source="Setting of the account: four-eyes release",
    hits=_hits,
    text=RuleText(
        title="Approved by a second person, if required",
        sentence="A second person on your account hasn't approved this content yet.",
        why="Your account requires approval for every campaign: one person requests it, and another reviews the "
        "campaign and confirms the policy.",
        fix="Request approval. If you edit the campaign after that, request it again.",
    ),
)
