"""R-01: nothing leaves an account that no person activated."""

from __future__ import annotations

from mailflatrate.rules.facts import HasAccount
from mailflatrate.rules.verdict import Check, Params, Severity, Words


def _hits(facts: HasAccount) -> Params | None:
    account = facts.account
    if account.standing.may_send and account.activated_at is not None and account.activated_by:
        return None
    return {"standing": (f"standing.{account.standing.value}",)}


CHECK: Check[HasAccount] = Check(
    rule="R-01",
    key="account-active",
    severity=Severity.BLOCK,
    anchor="account.standing",
    source="MFR measure 1; M3AAWG Vetting BCP (2011), pre-send vetting",
    hits=_hits,
    en=Words(
        title="The account is active",
        sentence="This account cannot send: it is {standing}.",
        why="A person at our house looks at every company before it sends, and may stop it again.",
        mend="Open the account's standing. It says what we are waiting for and whom to answer.",
    ),
    de=Words(
        title="Das Konto ist freigeschaltet",
        sentence="Dieses Konto kann nicht versenden, Status: {standing}.",
        why="Jede Firma wird von einem Menschen geprüft, bevor sie versendet, und kann angehalten werden.",
        mend="Öffnen Sie den Status des Kontos. Dort steht, worauf wir warten und wem Sie antworten können.",
    ),
)
