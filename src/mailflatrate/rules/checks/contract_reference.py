"""R-112: a transactional message names what it is about."""

from mailflatrate.rules.facts import ContractFacts
from mailflatrate.rules.verdict import NO_PARAMS, Check, CheckedChain, Params, RuleText, Severity


def _hits(facts: ContractFacts) -> Params | None:
    return None if facts.reference.strip() else NO_PARAMS


CHECK: Check[ContractFacts] = Check(
    rule="R-112",
    key="contract-reference",
    places={CheckedChain.CONTRACT: 1060},
    severity=Severity.BLOCK,
    anchor="account.status",
    source="GDPR Art. 6(1)(b): necessary for a contract with this person",
    hits=_hits,
    text=RuleText(
        title="Reference given",
        sentence="The message doesn't say which order, account or ticket it is about.",
        why="A transactional email answers something the person did. The reference says what that was.",
        fix="Give the kind and the number of the order, invoice, booking, account or ticket.",
    ),
)
