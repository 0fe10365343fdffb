"""R-46: the sender of a template proved its mailbox and its domain."""

from mailflatrate.rules.facts import ContractFacts
from mailflatrate.rules.verdict import NO_PARAMS, Check, CheckedChain, Params, RuleText, Severity


def _hits(facts: ContractFacts) -> Params | None:
    return None if facts.sender_proved else NO_PARAMS


CHECK: Check[ContractFacts] = Check(
    rule="R-46",
    key="contract-sender",
    places={CheckedChain.CONTRACT: 1070},
    severity=Severity.BLOCK,
    anchor="campaign.sender",
    source="MFR: only verified senders; RFC 9989",
    hits=_hits,
    text=RuleText(
        title="Template sender verified",
        sentence="The template's sender address or its domain is no longer verified.",
        why="Receivers reject mail from domains that can't prove who sends it.",
        fix="Fix the domain's DNS records under Senders, or choose another sender in a new version.",
    ),
)
