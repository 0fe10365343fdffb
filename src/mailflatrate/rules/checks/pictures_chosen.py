"""R-52: no image is without a picture."""

from __future__ import annotations

from mailflatrate.rules.facts import HasContent
from mailflatrate.rules.verdict import Check, Params, RuleText, Severity


def _hits(facts: HasContent) -> Params | None:
    count = facts.content.images_without_source
    return {"count": count} if count else None


CHECK: Check[HasContent] = Check(
    rule="R-52",
    key="pictures-chosen",
    severity=Severity.BLOCK,
    anchor="campaign.content",
    source="Derived",
    hits=_hits,
    text=RuleText(
        title="Pictures chosen",
        sentence="No picture is chosen for {count} of the images.",
        why="Readers see an empty frame, or the sign for something that is broken.",
        fix="Choose a picture from your library for each, or take the image out.",
    ),
)
