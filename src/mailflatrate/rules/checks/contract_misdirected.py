"""R-112: readers who say that it wasn't them get no further transactional mail of the account."""

from mailflatrate.rules.facts import ContractFacts
from mailflatrate.rules.verdict import NO_PARAMS, Check, CheckedChain, Params, RuleText, Severity


def _hits(facts: ContractFacts) -> Params | None:
    return NO_PARAMS if facts.is_misdirected else None


CHECK: Check[ContractFacts] = Check(
    rule="R-112",
    key="contract-misdirected",
    places={CheckedChain.CONTRACT: 2030},
    severity=Severity.BLOCK,
    anchor="list.suppressions",
    source="ours; as for confirmation messages (R-35)",
    hits=_hits,
    text=RuleText(
        title="Message for the right person",
        sentence="The reader of this address said that your messages aren't meant for them.",
        why="Someone gave you an address that isn't theirs. What you send there tells a stranger about your customer.",
        fix="Ask your customer for the right address.",
    ),
)
