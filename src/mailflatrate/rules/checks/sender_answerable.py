"""R-46: people can reply to the sender."""

from mailflatrate.mail.address import local_part_of
from mailflatrate.mail.message.from_line import read_from
from mailflatrate.rules.messages.message import MessageFacts
from mailflatrate.rules.messages.message_kind import NO_REPLY
from mailflatrate.rules.verdict import Check, Params, RuleText, Severity


def _hits(facts: MessageFacts) -> Params | None:
    replies = [box.address for value in facts.own.all("reply-to") for box in read_from(value) if box.address]
    address = (replies or [facts.from_line.address])[0]
    return {"address": address} if NO_REPLY.search(local_part_of(address)) else None


CHECK: Check[MessageFacts] = Check(
    rule="R-46",
    key="sender-answerable",
    severity=Severity.WARN,
    anchor="header.from",
    source="M3AAWG sender best practices; CSA: the sender can be reached by reply",
    hits=_hits,
    text=RuleText(
        title="People can reply",
        sentence="Replies go to {address}, which tells people not to reply.",
        why="People who can't reply report spam instead, and replies are a good sign to mailbox providers.",
        fix="Use an address that someone reads, in From or in Reply-To.",
    ),
)
