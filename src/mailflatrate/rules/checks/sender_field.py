"""R-45: the Sender field names the same organization as From."""

from mailflatrate.mail.message.from_line import read_from
from mailflatrate.rules.messages.message import MessageFacts
from mailflatrate.rules.names.domains import same_house
from mailflatrate.rules.verdict import Check, Params, RuleText, Severity


def _hits(facts: MessageFacts) -> Params | None:
    boxes = [box for value in facts.own.all("sender") for box in read_from(value) if box.domain]
    domain = facts.from_line.domain
    foreign_domain = next((box.domain for box in boxes if domain and not same_house(box.domain, domain)), None)
    return {"sender": foreign_domain, "domain": domain} if foreign_domain else None


CHECK: Check[MessageFacts] = Check(
    rule="R-45",
    key="sender-field",
    severity=Severity.WARN,
    anchor="header.sender",
    source="RFC 5322 section 3.6.2; Outlook shows 'on behalf of'",
    hits=_hits,
    text=RuleText(
        title="Sender and From name the same organization",
        sentence="The Sender field names {sender}, but From is at {domain}.",
        why="Outlook shows both, as “on behalf of”, and readers wonder who wrote to them.",
        fix="Remove the Sender field, or use an address at the From domain.",
    ),
)
