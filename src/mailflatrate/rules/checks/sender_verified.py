"""R-46 (a) and (b): the sender proved that mailbox and domain are theirs."""

from mailflatrate.rules.facts import CampaignFacts
from mailflatrate.rules.verdict import Check, CheckedChain, Params, RuleText, Severity


def _hits(facts: CampaignFacts) -> Params | None:
    sender = facts.sender
    verified = sender.address_verified_at is not None and sender.domain_verified_at is not None
    return None if verified else {"address": sender.from_address}


CHECK: Check[CampaignFacts] = Check(
    rule="R-46",
    key="sender-verified",
    places={CheckedChain.CAMPAIGN: 2010},
    severity=Severity.BLOCK,
    anchor="campaign.sender",
    source="MFR hallmark: verified sender only; domain control by DNS token (Validity)",
    hits=_hits,
    text=RuleText(
        title="From address verified",
        sentence="The From address {address} isn't verified yet.",
        why="You can only send in the name of mailboxes and domains that are yours.",
        fix="Under Senders, resend the confirmation email and confirm the address. Then check the domain.",
    ),
)
