"""R-46: replies go to a mailbox whose owner agreed, so that no one is flooded with other people's replies."""

from mailflatrate.rules.facts import CampaignFacts
from mailflatrate.rules.verdict import Check, CheckedChain, Params, RuleText, Severity


def _hits(facts: CampaignFacts) -> Params | None:
    sender = facts.sender
    if sender.reply_to_verified or not sender.reply_to_deliverable:
        return None
    return {"address": sender.reply_to}


CHECK: Check[CampaignFacts] = Check(
    rule="R-46",
    key="reply-to-verified",
    places={CheckedChain.CAMPAIGN: 2040},
    severity=Severity.BLOCK,
    anchor="campaign.sender_name",
    source="MFR hallmark: verified sender only; derived for Reply-To",
    hits=_hits,
    text=RuleText(
        title="Reply-to address confirmed",
        sentence="No one at {address} has confirmed that replies to your campaigns may go there.",
        why="Otherwise, strangers could be flooded with replies that aren't meant for them.",
        fix=(
            "Add it as a reply-to address under Senders and click the link in the email we send there, or leave "
            "Reply to empty."
        ),
    ),
)
