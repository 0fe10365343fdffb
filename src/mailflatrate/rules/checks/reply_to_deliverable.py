"""R-46 (d): replies to a campaign reach a person."""

from mailflatrate.rules.facts import HasSender
from mailflatrate.rules.verdict import Check, CheckedChain, Params, RuleText, Severity


def _hits(facts: HasSender) -> Params | None:
    sender = facts.sender
    if sender.reply_to_deliverable:
        return None
    return {"address": sender.reply_to or sender.from_address}


CHECK: Check[HasSender] = Check(
    rule="R-46",
    key="reply-to-deliverable",
    places={CheckedChain.CAMPAIGN: 2030},
    severity=Severity.BLOCK,
    anchor="campaign.reply_to",
    source="MFR hallmark; ePrivacy Directive 2002/58/EC Art. 13(4): valid address to answer to",
    hits=_hits,
    text=RuleText(
        title="Replies arrive",
        sentence="The reply-to address {address} doesn't accept email, so replies to this campaign would be lost.",
        why="A sender has to be reachable. Some people also reply in order to unsubscribe.",
        fix="Under Reply to, enter an address that someone reads.",
    ),
)
