"""R-06: a new or throttled account mails a limited number of people a day."""

from mailflatrate.rules.facts import CampaignFacts
from mailflatrate.rules.verdict import Check, CheckedChain, Params, RuleText, Severity
from mailflatrate.rules.vetting.probation import daily_limit


def _hits(facts: CampaignFacts) -> Params | None:
    limit = daily_limit(facts.account, facts.history)
    if limit is None or facts.audience.recipients + facts.history.sent_last_day <= limit:
        return None
    return {"recipients": facts.audience.recipients, "limit": limit, "sent": facts.history.sent_last_day}


CHECK: Check[CampaignFacts] = Check(
    rule="R-06",
    key="volume-allowed",
    places={CheckedChain.CAMPAIGN: 3040},
    severity=Severity.BLOCK,
    anchor="campaign.audience",
    source="CSA criteria 2020 section 2.1b; M3AAWG sending BCP; numbers derived",
    hits=_hits,
    text=RuleText(
        title="Within the daily limit",
        sentence=(
            "That's too many recipients ({recipients}). This account may email {limit} people within 24 hours, and "
            "{sent} have been emailed already."
        ),
        why="New accounts start small. We lift the limit once the first campaigns have gone well.",
        fix="Choose fewer recipients, wait until tomorrow, or tell us under Account status why you need more.",
    ),
)
