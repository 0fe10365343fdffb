"""R-06: a new or throttled account writes to a limited number of people a day."""

from __future__ import annotations

from mailflatrate.rules.facts import CampaignFacts
from mailflatrate.rules.verdict import Check, Params, RuleText, Severity
from mailflatrate.rules.vetting.probation import daily_limit


def _hits(facts: CampaignFacts) -> Params | None:
    limit = daily_limit(facts.account, facts.history)
    if limit is None or facts.audience.recipients + facts.history.sent_last_day <= limit:
        return None
    return {"recipients": facts.audience.recipients, "limit": limit, "sent": facts.history.sent_last_day}


CHECK: Check[CampaignFacts] = Check(
    rule="R-06",
    key="volume-allowed",
    severity=Severity.BLOCK,
    anchor="campaign.audience",
    source="CSA criteria 2020 section 2.1b; M3AAWG sending BCP; numbers derived",
    hits=_hits,
    text=RuleText(
        title="Within the daily volume",
        sentence=(
            "{recipients} recipients are too many: this account may write to {limit} within 24 hours,"
            " {sent} were written to already."
        ),
        why="A new account begins small. When its first mailings were welcome, the limit goes away.",
        fix="Choose fewer people, wait until tomorrow, or write to us under Account status why you need more.",
    ),
)
