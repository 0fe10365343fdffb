"""R-05: industries that the service does not accept are reviewed by a person."""

from mailflatrate.rules.facts import HasContent
from mailflatrate.rules.verdict import Check, CheckedChain, Params, RuleText, Severity


def _hits(facts: HasContent) -> Params | None:
    phrases = facts.content.categories
    return {"found": phrases} if phrases else None


CHECK: Check[HasContent] = Check(
    rule="R-05",
    key="content-category",
    places={CheckedChain.CAMPAIGN: 5050},
    severity=Severity.REVIEW,
    anchor="campaign.content",
    source="MFR anti-spam policy; CleverReach policy",
    hits=_hits,
    text=RuleText(
        title="No prohibited content",
        sentence="These words suggest an industry that we don't serve, or serve only after a review: {found}.",
        why="Our anti-spam policy excludes adult content, gambling, medicine, drugs, get-rich-quick offers and "
        "politics.",
        fix="If that isn't what you mean, send it as it is. Our team reviews it and lets it through.",
    ),
)
