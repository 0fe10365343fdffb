"""R-59: the key that signs the campaign is published."""

from mailflatrate.rules.facts import HasSender
from mailflatrate.rules.verdict import Check, CheckedChain, Params, RuleText, Severity


def _hits(facts: HasSender) -> Params | None:
    record = facts.sender.dkim
    return None if record.ok else {"domain": facts.sender.from_domain, "state": (f"dns.{record.state.value}",)}


CHECK: Check[HasSender] = Check(
    rule="R-59",
    key="domain-dkim",
    places={CheckedChain.CAMPAIGN: 2130},
    severity=Severity.BLOCK,
    anchor="domain.dkim",
    source="RFC 6376; Google answer 81126; Yahoo and Microsoft sender rules",
    hits=_hits,
    text=RuleText(
        title="DKIM key published",
        sentence="The DKIM record of {domain} is {state}.",
        why="Mailbox providers use the signature to check that the campaign is yours and hasn't been changed.",
        fix="Copy the DKIM record from Senders into your domain's DNS, then check again.",
    ),
)
