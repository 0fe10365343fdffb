"""R-54 and R-65: every message of a campaign has one recipient, and no recipient sees the others."""

from mailflatrate.mail.message.from_line import read_from
from mailflatrate.rules.messages.message import MessageFacts
from mailflatrate.rules.verdict import Check, Params, RuleText, Severity


def _hits(facts: MessageFacts) -> Params | None:
    message = facts.message
    mailboxes = [mailbox for name in ("to", "cc") for value in message.all(name) for mailbox in read_from(value)]
    hidden = bool(message.all("bcc"))
    count = sum(1 for mailbox in mailboxes if mailbox.address)
    return {"count": count} if count != 1 or hidden else None


CHECK: Check[MessageFacts] = Check(
    rule="R-65",
    key="one-recipient",
    severity=Severity.BLOCK,
    anchor="header.to",
    source="RFC 5322 section 3.6.3; GDPR Art. 32: open lists of recipients disclose addresses; VERP needs one",
    hits=_hits,
    text=RuleText(
        title="Exactly one recipient",
        sentence="The message lists {count} recipients in To, Cc or Bcc.",
        why="An open recipient list exposes addresses, and its bounces can't be matched to anyone.",
        fix="Send each person their own message, addressed only to them.",
    ),
)
