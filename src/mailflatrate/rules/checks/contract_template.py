"""R-112: the template's version was reviewed as free of advertising."""

from mailflatrate.rules.facts import ContractFacts
from mailflatrate.rules.verdict import NO_PARAMS, Check, CheckedChain, Params, RuleText, Severity


def _hits(facts: ContractFacts) -> Params | None:
    return None if facts.is_reviewed else NO_PARAMS


CHECK: Check[ContractFacts] = Check(
    rule="R-112",
    key="contract-template",
    places={CheckedChain.CONTRACT: 1050},
    severity=Severity.BLOCK,
    anchor="account.status",
    source="ePrivacy Directive Art. 13(1); BGH VI ZR 134/15: advertising in an automatic reply is advertising",
    hits=_hits,
    text=RuleText(
        title="Template reviewed",
        sentence="No version of this template has been approved.",
        why="Advertising in a transactional email is advertising without consent, so our team reads each "
        "version first.",
        fix="Submit the template for review and wait for our answer.",
    ),
)
