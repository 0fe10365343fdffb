"""R-52: every image has a picture chosen."""

from mailflatrate.rules.facts import HasContent
from mailflatrate.rules.verdict import Check, CheckedChain, Params, RuleText, Severity


def _hits(facts: HasContent) -> Params | None:
    count = facts.content.images_without_source
    return {"count": count} if count else None


CHECK: Check[HasContent] = Check(
    rule="R-52",
    key="pictures-chosen",
    places={CheckedChain.CAMPAIGN: 5110},
    severity=Severity.BLOCK,
    anchor="campaign.content",
    source="Derived",
    hits=_hits,
    text=RuleText(
        title="Images chosen",
        sentence="Images with no file chosen: {count}.",
        why="Readers see an empty frame or a broken image icon.",
        fix="Choose a file from your media library for each one, or remove the image.",
    ),
)
