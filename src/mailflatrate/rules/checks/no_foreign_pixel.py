"""R-111: no third party's invisible picture reports who opened the campaign."""

from mailflatrate.rules.facts import HasContent
from mailflatrate.rules.verdict import Check, CheckedChain, Params, RuleText, Severity


def _hits(facts: HasContent) -> Params | None:
    pixels = facts.content.pixels
    return {"hosts": pixels[:3]} if pixels else None


CHECK: Check[HasContent] = Check(
    rule="R-111",
    key="no-foreign-pixel",
    places={CheckedChain.CAMPAIGN: 5240},
    severity=Severity.BLOCK,
    anchor="campaign.content",
    source="CNIL 2026-042; Garante n. 284/2026; TDDDG section 25; EDPB 2/2023",
    hits=_hits,
    text=RuleText(
        title="No tracking pixel in the content",
        sentence="The content loads invisible images from {hosts}.",
        why="The server of such an image learns who opened the message and where, without their consent.",
        fix="Remove the image. Only this service measures opens, and only for people who agreed.",
    ),
)
