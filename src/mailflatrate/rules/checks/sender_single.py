"""R-65: From holds exactly one mailbox, with an address."""

from mailflatrate.rules.facts import HasFrom
from mailflatrate.rules.verdict import Check, CheckedChain, Params, RuleText, Severity


def _hits(facts: HasFrom) -> Params | None:
    line = facts.from_line
    if line.mailboxes == 1 and line.domain and not line.domain.endswith("."):
        return None
    return {"count": line.mailboxes, "address": line.address or "-"}


CHECK: Check[HasFrom] = Check(
    rule="R-65",
    key="sender-single",
    places={CheckedChain.FROM: 1010},
    severity=Severity.BLOCK,
    anchor="campaign.sender",
    source="RFC 5322 section 3.6.2; RFC 9989 (DMARC) evaluates one author; Google answer 81126",
    hits=_hits,
    text=RuleText(
        title="One sender with one address",
        sentence="The From field contains {count} mailboxes. The address we read is {address}.",
        why="With several senders, or none, email clients show whichever they like, and DMARC can't vouch for anyone.",
        fix="Put exactly one name and one address in From.",
    ),
)
