"""R-04, second half: the policy is ticked again for every single mailing, bound to its content."""

from __future__ import annotations

from mailflatrate.rules.facts import CampaignFacts
from mailflatrate.rules.verdict import NO_PARAMS, Check, Params, RuleText, Severity


def _hits(facts: CampaignFacts) -> Params | None:
    release = facts.release
    bound = bool(release.content_hash) and release.acknowledged_hash == release.content_hash
    current = release.acknowledged_policy == facts.account.policy_current
    return None if bound and current else NO_PARAMS


CHECK: Check[CampaignFacts] = Check(
    rule="R-04",
    key="policy-acknowledged",
    severity=Severity.BLOCK,
    anchor="campaign.release",
    source="MFR measure 3",
    hits=_hits,
    text=RuleText(
        title="Policy confirmed for this mailing",
        sentence="The anti-spam policy is not confirmed for this content.",
        why="Every mailing is a promise of its own. After an edit the tick has to be set again.",
        fix="Tick the policy in the release step, after the last edit.",
    ),
)
