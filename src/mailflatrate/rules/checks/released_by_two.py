"""R-04, where an account wants four eyes: whoever ticks the policy and releases is not the one who asked or wrote."""

from __future__ import annotations

from mailflatrate.rules.facts import CampaignFacts
from mailflatrate.rules.verdict import NO_PARAMS, Check, Params, Severity, Words


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
    en=Words(
        title="Released by a second person where the account wants it",
        sentence="A second person of your account has not released this content.",
        why="Your account wants four eyes on each mailing: one person asks, another looks and confirms the policy.",
        mend="Ask for the release. An edit afterwards asks again.",
    ),
    de=Words(
        title="Von einer zweiten Person freigegeben, wo das Konto es will",
        sentence="Diesen Inhalt hat noch keine zweite Person Ihres Kontos freigegeben.",
        why="Ihr Konto will vier Augen auf jedes Mailing: eine Person bittet, eine andere prüft und bestätigt die"
        " Richtlinie.",
        mend="Bitten Sie um die Freigabe. Nach einer Änderung ist sie neu zu erteilen.",
    ),
)
