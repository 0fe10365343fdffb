"""R-112: an account's transactional messages reach a number of mailboxes a day that grows like requests (R-35)."""

from mailflatrate.rules.facts import ContractFacts
from mailflatrate.rules.verdict import Check, CheckedChain, Params, RuleText, Severity


def _hits(facts: ContractFacts) -> Params | None:
    return {"limit": facts.volume_reached} if facts.volume_reached >= 0 else None


CHECK: Check[ContractFacts] = Check(
    rule="R-112",
    key="contract-volume",
    places={CheckedChain.CONTRACT: 2050},
    severity=Severity.BLOCK,
    anchor="account.status",
    source="ours; the curve of R-35",
    hits=_hits,
    text=RuleText(
        title="Daily limit of the account",
        sentence="Your transactional emails have reached {limit} mailboxes today (UTC), which is your limit.",
        why="No one agreed to these messages, so an account starts with few. The limit grows with the messages that "
        "arrive, and falls with addresses that don't exist, complaints, and people who say that it wasn't them.",
        fix="Send the rest tomorrow, and only to people who ordered from you or registered with you.",
    ),
)
