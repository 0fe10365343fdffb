"""R-112: one address gets a limited number of an account's transactional messages a day."""

from mailflatrate.rules import limits
from mailflatrate.rules.facts import ContractFacts
from mailflatrate.rules.verdict import Check, CheckedChain, Params, RuleText, Severity


def _hits(facts: ContractFacts) -> Params | None:
    cap = int(limits.value("contract_per_address_day"))
    return None if facts.messages_last_day < cap else {"limit": cap}


CHECK: Check[ContractFacts] = Check(
    rule="R-112",
    key="contract-limit",
    places={CheckedChain.CONTRACT: 2040},
    severity=Severity.BLOCK,
    anchor="list.suppressions",
    source="ours, against loops in a customer's program and floods of somebody's mailbox",
    hits=_hits,
    text=RuleText(
        title="Daily limit per address",
        sentence="This address already received {limit} transactional emails from you within a day.",
        why="A program in a loop, or an attacker at your order form, could flood a mailbox.",
        fix="Combine messages, or wait a day.",
    ),
)
