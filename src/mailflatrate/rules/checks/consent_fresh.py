"""R-13: a review is required before emailing many recipients who had no contact for a year."""

from mailflatrate.rules.facts import CampaignFacts
from mailflatrate.rules.verdict import Check, CheckedChain, Params, RuleText, Severity


def _hits(facts: CampaignFacts) -> Params | None:
    stale = facts.audience.stale_consents
    if not stale:
        return None
    return {"count": stale, "recipients": facts.audience.recipients}


CHECK: Check[CampaignFacts] = Check(
    rule="R-13",
    key="consent-fresh",
    places={CheckedChain.CAMPAIGN: 3030},
    severity=Severity.REVIEW,
    anchor="campaign.audience",
    source="AG München 161 C 12736/22 (14 Feb 2023); BGH III ZR 196/17 (1 Feb 2018)",
    hits=_hits,
    text=RuleText(
        title="Recipients heard from you in the past year",
        sentence="Recipients without an email from you in more than 12 months: {count} of {recipients}.",
        why="Consent fades when it isn't used for a long time. Old addresses cause bounces and complaints.",
        fix="Exclude these recipients, or send the campaign and wait for our review.",
    ),
)
