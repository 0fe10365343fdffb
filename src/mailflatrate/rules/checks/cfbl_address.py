"""R-64: a complaint address in the header is written and signed as RFC 9477 requires."""

import re

from mailflatrate.rules.messages.message import MessageFacts
from mailflatrate.rules.names.domains import same_house
from mailflatrate.rules.verdict import Check, Params, RuleText, Severity

_FORM = re.compile(r"\s*<?[^\s<>;:,@]+@([^\s<>;:,@]+)>?\s*(?:;\s*report=(?:arf|xarf)\s*)?", re.IGNORECASE)


def _hits(facts: MessageFacts) -> Params | None:
    written = facts.own.first("cfbl-address")
    if not written:
        return None
    match = _FORM.fullmatch(written)
    if match is None:
        return {"found": written[:80]}
    covering = [signature.domain for signature in facts.holding if "cfbl-address" in signature.signed_fields]
    required_domains = (match[1].lower(), facts.from_line.domain)
    return (
        None
        if all(any(same_house(domain, required) for domain in covering) for required in required_domains)
        else {"found": written[:80]}
    )


CHECK: Check[MessageFacts] = Check(
    rule="R-64",
    key="cfbl-address",
    severity=Severity.WARN,
    anchor="header.cfbl-address",
    source="RFC 9477 sections 3.1 and 3.2",
    hits=_hits,
    text=RuleText(
        title="Valid complaint address",
        sentence="CFBL-Address is malformed or isn't signed by both domains: {found}.",
        why="Mailbox providers only send complaints to an address that the signing domain vouches for.",
        fix="Use an address with report=arf, and sign the field for its domain and for the From domain.",
    ),
)
