"""R-17 to R-23: the address decision applies to transactional mail, too; role addresses are refused."""

from mailflatrate.rules.facts import ContractFacts
from mailflatrate.rules.verdict import Check, CheckedChain, Params, RuleText, Severity


def _hits(facts: ContractFacts) -> Params | None:
    return {"refused": facts.address_refused_by} if facts.address_refused_by else None


CHECK: Check[ContractFacts] = Check(
    rule="R-21",
    key="contract-address",
    places={CheckedChain.CONTRACT: 2010},
    severity=Severity.BLOCK,
    anchor="list.suppressions",
    source="MFR: role addresses are refused; RFC 5321; RFC 7505",
    hits=_hits,
    text=RuleText(
        title="Person's own address",
        sentence="The address was rejected by rule {refused}.",
        why="The message is for one person, and only an address of their own reaches them.",
        fix="Ask the person for their own address.",
    ),
)
