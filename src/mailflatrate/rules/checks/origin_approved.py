"""R-10: every list of the audience has an origin that a reviewer approved, or is filled by our forms."""

from mailflatrate.rules.facts import CampaignFacts
from mailflatrate.rules.verdict import Check, CheckedChain, Params, RuleText, Severity


def _hits(facts: CampaignFacts) -> Params | None:
    lists = facts.audience.lists_without_origin
    return {"lists": lists} if lists else None


CHECK: Check[CampaignFacts] = Check(
    rule="R-10",
    key="origin-approved",
    places={CheckedChain.CAMPAIGN: 3010},
    severity=Severity.BLOCK,
    anchor="list.origin",
    source="MFR measure 1; M3AAWG Sender BCP v3 section 2: transparency at collection",
    hits=_hits,
    text=RuleText(
        title="Origin of every list known",
        sentence="We haven't approved the origin of these lists yet: {lists}.",
        why="You can only use a list once it's clear how each person got on it.",
        fix="Declare the list origin, or wait for our team to review it.",
    ),
)
