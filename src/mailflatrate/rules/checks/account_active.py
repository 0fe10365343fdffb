"""R-01: an account sends nothing until a person has activated it."""

from mailflatrate.rules.facts import HasAccount
from mailflatrate.rules.verdict import Check, CheckedChain, Params, RuleText, Severity


def _hits(facts: HasAccount) -> Params | None:
    account = facts.account
    if account.status.may_send and account.activated_at is not None and account.activated_by:
        return None
    return {"standing": (f"standing.{account.status.value}",)}


CHECK: Check[HasAccount] = Check(
    rule="R-01",
    key="account-active",
    places={CheckedChain.CAMPAIGN: 1010, CheckedChain.CONFIRMATION: 1010, CheckedChain.CONTRACT: 1010},
    severity=Severity.BLOCK,
    anchor="account.standing",
    source="MFR measure 1; M3AAWG Vetting BCP (2011), pre-send vetting",
    hits=_hits,
    text=RuleText(
        title="Account active",
        sentence="This account can't send campaigns. Its status is: {standing}.",
        why="We review every company before it sends its first campaign, and we can pause it later.",
        fix="Open the Account status page. It shows what we're waiting for and how to reply to us.",
    ),
)
