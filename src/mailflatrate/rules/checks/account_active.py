"""R-01: nothing leaves an account that no person activated."""

from __future__ import annotations

from mailflatrate.rules.facts import HasAccount
from mailflatrate.rules.verdict import Check, Params, RuleText, Severity


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
    text=RuleText(
        title="The account is active",
        sentence="This account cannot send: it is {standing}.",
        why="A person at our house looks at every company before it sends, and may stop it again.",
        fix="Open the account's standing. It says what we are waiting for and whom to answer.",
    ),
)
