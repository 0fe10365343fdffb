"""R-62: a DMARC policy exists at the From domain or above it."""

from mailflatrate.rules.facts import HasSender
from mailflatrate.rules.verdict import Check, CheckedChain, Params, RuleText, Severity


def _hits(facts: HasSender) -> Params | None:
    record = facts.sender.dmarc
    return None if record.ok else {"domain": facts.sender.from_domain, "state": (f"dns.{record.state.value}",)}


CHECK: Check[HasSender] = Check(
    rule="R-62",
    key="domain-dmarc",
    places={CheckedChain.CAMPAIGN: 2140},
    severity=Severity.BLOCK,
    anchor="domain.dmarc",
    source="RFC 9989; Google answer 81126; Yahoo and Microsoft sender rules",
    hits=_hits,
    text=RuleText(
        title="DMARC policy published",
        sentence="The DMARC record of {domain} is {state}.",
        why="It says what to do with email that only pretends to be yours. Large providers require it.",
        fix="Copy the DMARC record from Senders into your domain's DNS, then check again.",
    ),
)
