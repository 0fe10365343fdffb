"""R-50: a campaign has enough text, not only pictures."""

from mailflatrate.rules.facts import HasContent
from mailflatrate.rules.verdict import Check, CheckedChain, Params, RuleText, Severity

LEAST_CHARS = 120


def _hits(facts: HasContent) -> Params | None:
    content = facts.content
    if not content.images or content.visible_chars >= LEAST_CHARS * min(content.images, 5):
        return None
    return {"chars": content.visible_chars, "images": content.images}


CHECK: Check[HasContent] = Check(
    rule="R-50",
    key="text-enough",
    places={CheckedChain.CAMPAIGN: 6100},
    severity=Severity.WARN,
    anchor="campaign.content",
    source="SpamAssassin HTML_IMAGE_ONLY and HTML_IMAGE_RATIO; WCAG 2.2 criterion 1.4.5",
    hits=_hits,
    text=RuleText(
        title="Enough text alongside the images",
        sentence="The HTML part has {images} images and {chars} characters of text.",
        why="Many email clients don't load images until asked, so readers see nothing and filters suspect spam.",
        fix="Put what matters in text, and use the images only to illustrate it.",
    ),
)
