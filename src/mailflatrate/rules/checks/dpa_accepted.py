"""R-92: the data-processing agreement (GDPR Art. 28) is accepted in its current version."""

from __future__ import annotations

from mailflatrate.rules.facts import HasAccount
from mailflatrate.rules.verdict import NO_PARAMS, Check, Params, RuleText, Severity


def _hits(facts: HasAccount) -> Params | None:
    account = facts.account
    accepted = bool(account.dpa_current) and account.dpa_accepted == account.dpa_current
    return None if accepted else NO_PARAMS


CHECK: Check[HasAccount] = Check(
    rule="R-92",
    key="dpa-accepted",
    severity=Severity.BLOCK,
    anchor="account.agreements",
    source="GDPR Art. 28",
    hits=_hits,
    text=RuleText(
        title="Data-processing agreement accepted",
        sentence="The data-processing agreement is not accepted in its current version.",
        why="You decide about the addresses, we work on your behalf. The law asks for a contract about that.",
        fix="Read the agreement under Agreements and accept it.",
    ),
)
