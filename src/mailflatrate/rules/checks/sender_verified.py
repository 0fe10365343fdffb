"""R-46 (a) and (b): the sender proved that mailbox and domain are his."""

from __future__ import annotations

from mailflatrate.rules.facts import CampaignFacts
from mailflatrate.rules.verdict import Check, Params, RuleText, Severity


def _hits(facts: CampaignFacts) -> Params | None:
    sender = facts.sender
    verified = sender.address_verified_at is not None and sender.domain_verified_at is not None
    return None if verified else {"address": sender.from_address}


CHECK: Check[CampaignFacts] = Check(
    rule="R-46",
    key="sender-verified",
    severity=Severity.BLOCK,
    anchor="campaign.sender",
    source="MFR hallmark: verified sender only; domain control by DNS token (Validity)",
    hits=_hits,
    text=RuleText(
        title="Sender address verified",
        sentence="The sender address {address} is not verified yet.",
        why="Nobody may send in the name of a mailbox or a domain that is not his.",
        fix="Open Sender addresses, have the token mail sent once more and confirm it; then check the domain.",
    ),
)
