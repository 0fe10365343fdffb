"""R-04, second half: the policy is ticked again for every single campaign, bound to its content."""

from mailflatrate.rules.facts import CampaignFacts
from mailflatrate.rules.verdict import NO_PARAMS, Check, CheckedChain, Params, RuleText, Severity


def _hits(facts: CampaignFacts) -> Params | None:
    release = facts.release
    bound = bool(release.content_hash) and release.acknowledged_hash == release.content_hash
    current = release.acknowledged_policy == facts.account.policy_current
    return None if bound and current else NO_PARAMS


CHECK: Check[CampaignFacts] = Check(
    rule="R-04",
    key="policy-acknowledged",
    places={CheckedChain.CAMPAIGN: 1040},
    severity=Severity.BLOCK,
    anchor="campaign.release",
    source="MFR measure 3",
    hits=_hits,
    text=RuleText(
        title="Policy confirmed for this campaign",
        sentence="You haven't confirmed the anti-spam policy for this content.",
        why="Each campaign needs its own confirmation. After an edit, you have to check the box again.",
        fix="After your last edit, check the policy box before you send or schedule the campaign.",
    ),
)
