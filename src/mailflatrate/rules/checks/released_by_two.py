"""R-04, where an account wants four eyes: whoever ticks the policy and releases is not the one who asked or wrote."""

from __future__ import annotations

from mailflatrate.rules.facts import CampaignFacts
from mailflatrate.rules.verdict import NO_PARAMS, Check, Params, RuleText, Severity


def _hits(facts: CampaignFacts) -> Params | None:
    release = facts.release
    return NO_PARAMS if release.four_eyes and not release.second_release_by else None


CHECK: Check[CampaignFacts] = Check(
    rule="R-04",
    key="released-by-two",
    severity=Severity.BLOCK,
    anchor="campaign.second_release",
    source="Setting of the account: four-eyes release",
    hits=_hits,
    text=RuleText(
        title="Released by a second person where the account wants it",
        sentence="A second person of your account has not released this content.",
        why="Your account wants four eyes on each mailing: one person asks, another looks and confirms the policy.",
        fix="Ask for the release. An edit afterwards asks again.",
    ),
)
