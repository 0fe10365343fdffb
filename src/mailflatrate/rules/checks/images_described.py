"""R-50: images have an alternative text."""

from mailflatrate.rules.facts import HasContent
from mailflatrate.rules.verdict import Check, CheckedChain, Params, RuleText, Severity


def _hits(facts: HasContent) -> Params | None:
    count = facts.content.images_without_alt
    return {"count": count} if count else None


CHECK: Check[HasContent] = Check(
    rule="R-50",
    key="images-described",
    places={CheckedChain.CAMPAIGN: 6050},
    severity=Severity.WARN,
    anchor="campaign.content",
    source="WCAG 2.2 criterion 1.1.1; many mail programs load no images until asked",
    hits=_hits,
    text=RuleText(
        title="Images have alt text",
        sentence="Images without alt text: {count}.",
        why="Without it, people who can't see the images or don't load them get nothing in their place.",
        fix="Describe each image in a few words. Leave the alt text of decorative images empty.",
    ),
)
