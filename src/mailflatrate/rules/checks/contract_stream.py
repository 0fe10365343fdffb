"""R-66: transactional mail comes from a subdomain of its own, which no campaign uses."""

from mailflatrate.rules.facts import ContractFacts
from mailflatrate.rules.verdict import NO_PARAMS, Check, CheckedChain, Params, RuleText, Severity


def _hits(facts: ContractFacts) -> Params | None:
    return None if facts.stream_apart else NO_PARAMS


CHECK: Check[ContractFacts] = Check(
    rule="R-66",
    key="contract-stream",
    places={CheckedChain.CONTRACT: 1120},
    severity=Severity.BLOCK,
    anchor="campaign.sender",
    source="Google answer 81126: don't mix types of content; M3AAWG Sender BCP v4",
    hits=_hits,
    text=RuleText(
        title="Subdomain of its own",
        sentence="The sender's domain isn't a subdomain that only transactional email uses.",
        why="Mailbox providers rate each subdomain. A campaign with complaints must not hold back invoices.",
        fix="Verify a subdomain that no campaign was sent from, such as service.example.com, and choose a "
        "sender there.",
    ),
)
