"""R-62: the signing domain and the From domain share an organizational domain (relaxed alignment)."""

from mailflatrate.rules.facts import HasSender
from mailflatrate.rules.names.domains import same_house
from mailflatrate.rules.verdict import Check, CheckedChain, Params, RuleText, Severity


def _hits(facts: HasSender) -> Params | None:
    """Compare organizational domains by the public suffix list; the tree walk of RFC 9989 needs the DNS."""
    sender = facts.sender
    if sender.passes_dmarc or (sender.dkim_domain and same_house(sender.dkim_domain, sender.from_domain)):
        return None
    return {"signing": sender.dkim_domain or "-", "domain": sender.from_domain}


CHECK: Check[HasSender] = Check(
    rule="R-62",
    key="domain-aligned",
    places={CheckedChain.CAMPAIGN: 2160},
    severity=Severity.BLOCK,
    anchor="campaign.sender",
    source="RFC 9989 (DMARC), identifier alignment; Google, Yahoo and Microsoft sender rules",
    hits=_hits,
    text=RuleText(
        title="Signature matches the sender",
        sentence="The campaign would be signed by {signing}, but the From address is at {domain}.",
        why="DMARC only passes if the signing domain matches the domain that readers see.",
        fix="Choose a From address at the domain that has the key, or set up the sender's domain.",
    ),
)
