"""R-46: people can reply to the sender."""

from __future__ import annotations

from mailflatrate.mail.from_line import read_from
from mailflatrate.rules.message import MessageFacts
from mailflatrate.rules.message_kind import NO_REPLY
from mailflatrate.rules.verdict import Check, Params, Severity, Words


def _hits(facts: MessageFacts) -> Params | None:
    replies = [box.address for value in facts.own.all("reply-to") for box in read_from(value) if box.address]
    address = (replies or [facts.from_line.address])[0]
    return {"address": address} if NO_REPLY.search(address.rpartition("@")[0]) else None


CHECK: Check[MessageFacts] = Check(
    rule="R-46",
    key="sender-answerable",
    severity=Severity.WARN,
    anchor="header.from",
    source="M3AAWG sender best practices; CSA: the sender can be reached by reply",
    hits=_hits,
    en=Words(
        title="People can reply",
        sentence="Replies go to {address}, which tells people not to reply.",
        why="Who can't reply reports spam instead, and replies are a good sign to mailbox providers.",
        mend="Use an address that somebody reads, in From or in Reply-To.",
    ),
    de=Words(
        title="Man kann antworten",
        sentence="Antworten gehen an {address}; die Adresse sagt, dass man nicht antworten soll.",
        why="Wer nicht antworten kann, meldet Spam, und Antworten sind für Anbieter ein gutes Zeichen.",
        mend="Nehmen Sie in From oder Reply-To eine Adresse, die jemand liest.",
    ),
)
