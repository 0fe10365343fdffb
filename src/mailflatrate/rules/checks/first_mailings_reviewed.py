"""R-06: the first mailings of an account wait for a reviewer."""

from __future__ import annotations

from mailflatrate.rules import limits
from mailflatrate.rules.facts import CampaignFacts
from mailflatrate.rules.verdict import Check, Params, RuleText, Severity


def _hits(facts: CampaignFacts) -> Params | None:
    release = facts.release
    if not release.supervised or release.reviewed_by:
        return None
    return {"number": facts.account.mailings_sent + 1, "limit": int(limits.value("supervised_mailings"))}


CHECK: Check[CampaignFacts] = Check(
    rule="R-06",
    key="first-mailings-reviewed",
    severity=Severity.REVIEW,
    anchor="campaign.release",
    source="CSA criteria 2020 section 2.1b: probation of 3 mailings within 2 months",
    hits=_hits,
    text=RuleText(
        title="Reviewed by our house where the account is new",
        sentence="This is mailing number {number} of a new account; the first {limit} are looked at by a person.",
        why="The first mailings show whether the list keeps what was declared.",
        fix="Release it as usual. It goes out when the reviewer has seen it, and you are told.",
    ),
)
