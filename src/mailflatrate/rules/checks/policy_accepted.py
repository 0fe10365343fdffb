"""R-04, first half: terms and anti-spam policy are accepted in their current versions."""

from mailflatrate.rules.facts import HasAccount
from mailflatrate.rules.verdict import Check, CheckedChain, Params, RuleText, Severity


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
    places={CheckedChain.CAMPAIGN: 1030, CheckedChain.CONFIRMATION: 1030, CheckedChain.CONTRACT: 1030},
    severity=Severity.BLOCK,
    anchor="account.agreements",
    source="MFR measure 3",
    hits=_hits,
    text=RuleText(
        title="Terms and anti-spam policy accepted",
        sentence="You haven't accepted the current version of these documents: {documents}.",
        why="The rules for campaigns change from time to time, and senders need to know the current ones.",
        fix="Read the documents under Agreements, and accept them.",
    ),
)
