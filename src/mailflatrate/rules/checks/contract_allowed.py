"""R-69 and R-79: dead mailboxes and people who complained get no transactional mail either."""

from mailflatrate.rules.facts import ContractFacts
from mailflatrate.rules.verdict import NO_PARAMS, Check, CheckedChain, Params, RuleText, Severity


def _hits(facts: ContractFacts) -> Params | None:
    return NO_PARAMS if facts.is_suppressed else None


CHECK: Check[ContractFacts] = Check(
    rule="R-69",
    key="contract-allowed",
    places={CheckedChain.CONTRACT: 2020},
    severity=Severity.BLOCK,
    anchor="list.suppressions",
    source="CSA 2026 section 1.4.5; Amazon SES: no mail to complainers",
    hits=_hits,
    text=RuleText(
        title="Address not suppressed",
        sentence="This address is suppressed: the mailbox doesn't exist, or the person complained, objected or "
        "was erased.",
        why="An unsubscribe doesn't stop an invoice. A dead mailbox, a complaint, an objection or an erasure does.",
        fix="Reach the person another way. Our team can lift a suppression that is wrong.",
    ),
)
