"""R-07: a campaign that is unlike the earlier ones waits for a reviewer."""

from mailflatrate.rules.facts import CampaignFacts
from mailflatrate.rules.verdict import Check, CheckedChain, Params, RuleText, Severity
from mailflatrate.rules.vetting.probation import triggers


def _hits(facts: CampaignFacts) -> Params | None:
    reasons = triggers(facts.account, facts.history, facts.audience.recipients)
    return {"reasons": tuple(f"trigger.{trigger.value}" for trigger in reasons)} if reasons else None


CHECK: Check[CampaignFacts] = Check(
    rule="R-07",
    key="like-the-mailings-before",
    places={CheckedChain.CAMPAIGN: 1070},
    severity=Severity.REVIEW,
    anchor="campaign.release",
    source="M3AAWG Vetting BCP (2011), post-send vetting; numbers derived",
    hits=_hits,
    text=RuleText(
        title="Similar to earlier campaigns",
        sentence="This campaign is unlike your earlier ones: {reasons}. Our team reviews it first.",
        why="Accounts can be hijacked, and lists bought, after our first review.",
        fix="Send or schedule it as usual. We'll send it once it's been reviewed, and let you know.",
    ),
)
