"""R-52: a coupon with one code for each person has enough codes for the audience."""

from mailflatrate.rules.facts import CampaignFacts
from mailflatrate.rules.verdict import Check, CheckedChain, Params, RuleText, Severity


def _hits(facts: CampaignFacts) -> Params | None:
    short = next((coupon for coupon in facts.audience.coupons if coupon.needed > coupon.free), None)
    return {"name": short.name, "free": short.free, "needed": short.needed} if short else None


CHECK: Check[CampaignFacts] = Check(
    rule="R-52",
    key="coupons-enough",
    places={CheckedChain.CAMPAIGN: 5090},
    severity=Severity.BLOCK,
    anchor="campaign.content",
    source="Derived",
    hits=_hits,
    text=RuleText(
        title="Enough coupon codes",
        sentence="The coupon “{name}” has {free} codes left, and the audience needs {needed}.",
        why="Each person gets a code of their own. Without one, their message would be skipped.",
        fix="Add codes to the coupon under Content, Coupons, choose fewer recipients, or use one code for everyone.",
    ),
)
