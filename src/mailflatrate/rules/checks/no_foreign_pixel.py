"""R-111: no invisible picture of anybody reports who opened the mailing."""

from __future__ import annotations

from mailflatrate.rules.facts import HasContent
from mailflatrate.rules.verdict import Check, Params, RuleText, Severity


def _hits(facts: HasContent) -> Params | None:
    pixels = facts.content.pixels
    return {"hosts": pixels[:3]} if pixels else None


CHECK: Check[HasContent] = Check(
    rule="R-111",
    key="no-foreign-pixel",
    severity=Severity.BLOCK,
    anchor="campaign.content",
    source="CNIL 2026-042; Garante n. 284/2026; TDDDG section 25; EDPB 2/2023",
    hits=_hits,
    text=RuleText(
        title="No tracking pixel in the content",
        sentence="The content loads invisible pictures from {hosts}.",
        why="Whoever serves such a picture learns who opened the mailing and where, without having asked.",
        fix="Take the picture out. Opens are measured by this service alone, for those who agreed.",
    ),
)
