"""R-06: the first mailings of an account wait for a reviewer."""

from __future__ import annotations

from mailflatrate.rules import limits
from mailflatrate.rules.facts import CampaignFacts
from mailflatrate.rules.verdict import Check, Params, Severity, Words


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
    en=Words(
        title="Reviewed by our house where the account is new",
        sentence="This is mailing number {number} of a new account; the first {limit} are looked at by a person.",
        why="The first mailings show whether the list keeps what was declared.",
        mend="Release it as usual. It goes out when the reviewer has seen it, and you are told.",
    ),
    de=Words(
        title="Von uns geprüft, wo das Konto neu ist",
        sentence="Dies ist Mailing Nummer {number} eines neuen Kontos; die ersten {limit} sieht ein Mensch an.",
        why="Die ersten Mailings zeigen, ob die Liste hält, was angegeben wurde.",
        mend="Geben Sie es wie gewohnt frei. Es geht hinaus, sobald es geprüft ist, und Sie erhalten Bescheid.",
    ),
)
