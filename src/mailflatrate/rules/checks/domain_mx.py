"""R-46 and R-76: the From domain receives mail."""

from mailflatrate.rules.facts import HasSender
from mailflatrate.rules.verdict import Check, CheckedChain, Params, RuleText, Severity


def _hits(facts: HasSender) -> Params | None:
    record = facts.sender.mx
    return None if record.ok else {"domain": facts.sender.from_domain, "state": (f"dns.{record.state.value}",)}


CHECK: Check[HasSender] = Check(
    rule="R-76",
    key="domain-mx",
    places={CheckedChain.CAMPAIGN: 2150},
    severity=Severity.BLOCK,
    anchor="domain.mx",
    source="RFC 5321 section 5.1; RFC 2142; M3AAWG Sender BCP v4",
    hits=_hits,
    text=RuleText(
        title="Sending domain receives email",
        sentence="The MX record of {domain} is {state}.",
        why="Replies, bounces and complaints need somewhere to go.",
        fix="Copy the MX record from Senders into your domain's DNS, then check again.",
    ),
)
