"""R-92: the data-processing agreement (GDPR Art. 28) is accepted in its current version."""

from mailflatrate.rules.facts import HasAccount
from mailflatrate.rules.verdict import NO_PARAMS, Check, CheckedChain, Params, RuleText, Severity


def _hits(facts: HasAccount) -> Params | None:
    account = facts.account
    accepted = bool(account.dpa_current) and account.dpa_accepted == account.dpa_current
    return None if accepted else NO_PARAMS


CHECK: Check[HasAccount] = Check(
    rule="R-92",
    key="dpa-accepted",
    places={CheckedChain.CAMPAIGN: 1020, CheckedChain.CONFIRMATION: 1020, CheckedChain.CONTRACT: 1020},
    severity=Severity.BLOCK,
    anchor="account.agreements",
    source="GDPR Art. 28",
    hits=_hits,
    text=RuleText(
        title="Data processing agreement accepted",
        sentence="You haven't accepted the current version of the data processing agreement.",
        why="You decide how the addresses are used, and we process them on your behalf. The law requires a "
        "contract for that.",
        fix="Read the agreement under Agreements, and accept it.",
    ),
)
