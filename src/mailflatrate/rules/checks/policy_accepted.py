"""R-04, first half: terms and anti-spam policy are accepted in their current versions."""

from __future__ import annotations

from mailflatrate.rules.facts import HasAccount
from mailflatrate.rules.verdict import Check, Params, Severity, Words


def _hits(facts: HasAccount) -> Params | None:
    account = facts.account
    pairs = (
        ("agreement.terms", account.terms_current, account.terms_accepted),
        ("agreement.policy", account.policy_current, account.policy_accepted),
    )
    open_ones = tuple(key for key, current, accepted in pairs if not current or accepted != current)
    return {"documents": open_ones} if open_ones else None


CHECK: Check[HasAccount] = Check(
    rule="R-04",
    key="policy-accepted",
    severity=Severity.BLOCK,
    anchor="account.agreements",
    source="MFR measure 3",
    hits=_hits,
    en=Words(
        title="Terms and anti-spam policy accepted",
        sentence="Not accepted in the current version: {documents}.",
        why="The rules for mailings change now and then, and whoever sends must know the ones in force.",
        mend="Read the documents under Agreements and accept them.",
    ),
    de=Words(
        title="Nutzungsbedingungen und Anti-Spam-Richtlinie angenommen",
        sentence="In der geltenden Fassung nicht angenommen: {documents}.",
        why="Die Regeln für Mailings ändern sich ab und zu. Wer versendet, muss die geltenden kennen.",
        mend="Lesen Sie die Dokumente unter Vereinbarungen und nehmen Sie sie an.",
    ),
)
