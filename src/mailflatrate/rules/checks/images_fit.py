"""R-50: images are no wider than a message."""

from mailflatrate.rules.facts import HasContent
from mailflatrate.rules.verdict import Check, CheckedChain, Params, RuleText, Severity


def _hits(facts: HasContent) -> Params | None:
    images = facts.content.oversized_images
    return {"samples": images[:3], "count": len(images)} if images else None


CHECK: Check[HasContent] = Check(
    rule="R-50",
    key="images-fit",
    places={CheckedChain.CAMPAIGN: 6060},
    severity=Severity.WARN,
    anchor="campaign.content",
    source="Outlook for Windows takes the width attribute alone, and the file's own width without one",
    hits=_hits,
    text=RuleText(
        title="Images fit the message",
        sentence="Images without a usable width: {count} ({samples}).",
        why=("Outlook shows an image without a width attribute at full size, and a wide one breaks the layout."),
        fix="Give each image a width attribute in whole pixels, up to 640.",
    ),
)
