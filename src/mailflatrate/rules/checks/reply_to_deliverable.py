"""R-46 (d): whoever answers a mailing reaches somebody."""

from __future__ import annotations

from mailflatrate.rules.facts import HasSender
from mailflatrate.rules.verdict import Check, Params, RuleText, Severity


def _hits(facts: HasSender) -> Params | None:
    sender = facts.sender
    if sender.reply_to_deliverable:
        return None
    return {"address": sender.reply_to or sender.from_address}


CHECK: Check[HasSender] = Check(
    rule="R-46",
    key="reply-to-deliverable",
    severity=Severity.BLOCK,
    anchor="campaign.reply_to",
    source="MFR hallmark; ePrivacy Directive 2002/58/EC Art. 13(4): valid address to answer to",
    hits=_hits,
    text=RuleText(
        title="Answers arrive",
        sentence="Nobody receives mail at {address}, so answers to this mailing would be lost.",
        why="A sender has to be reachable; people also answer in order to unsubscribe.",
        fix="Enter an address under Reply-To that somebody reads.",
    ),
)
