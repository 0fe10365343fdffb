"""R-53: photorealistic AI-generated pictures are labeled."""

from mailflatrate.rules.facts import HasContent
from mailflatrate.rules.verdict import Check, CheckedChain, Params, RuleText, Severity


def _hits(facts: HasContent) -> Params | None:
    pictures = facts.content.ai_pictures_unlabelled
    return {"pictures": pictures[:5]} if pictures else None


CHECK: Check[HasContent] = Check(
    rule="R-53",
    key="ai-pictures-labelled",
    places={CheckedChain.CAMPAIGN: 6120},
    severity=Severity.WARN,
    anchor="campaign.content",
    source="Regulation (EU) 2024/1689 (AI Act) Art. 50(4), in force since 2 Aug 2026",
    hits=_hits,
    text=RuleText(
        title="AI images labeled",
        sentence="These images are marked as AI-generated, but the campaign doesn't say so: {pictures}.",
        why="In the EU, readers must be told when an image that looks like a photo was made with AI.",
        fix="Say in the caption or the alt text that the image was made with AI.",
    ),
)
