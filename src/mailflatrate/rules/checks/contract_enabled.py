"""R-112: an account sends transactional email only after an operator switched it on."""

from mailflatrate.rules.facts import ContractFacts
from mailflatrate.rules.verdict import NO_PARAMS, Check, CheckedChain, Params, RuleText, Severity


def _hits(facts: ContractFacts) -> Params | None:
    return None if facts.is_enabled else NO_PARAMS


CHECK: Check[ContractFacts] = Check(
    rule="R-112",
    key="contract-enabled",
    places={CheckedChain.CONTRACT: 1040},
    severity=Severity.BLOCK,
    anchor="account.status",
    source="M3AAWG Vetting BCP: what an account sends is vetted before it sends",
    hits=_hits,
    text=RuleText(
        title="Transactional email switched on",
        sentence="Transactional email isn't switched on for your account.",
        why="These messages reach people without their consent, so a person checks first what they are for.",
        fix="Ask our team to switch it on. Tell them which messages you send and what triggers them.",
    ),
)
