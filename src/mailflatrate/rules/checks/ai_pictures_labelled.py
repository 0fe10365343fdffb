"""R-53: photorealistic pictures made by AI say so."""

from __future__ import annotations

from mailflatrate.rules.facts import HasContent
from mailflatrate.rules.verdict import Check, Params, RuleText, Severity


def _hits(facts: HasContent) -> Params | None:
    pictures = facts.content.ai_pictures_unlabelled
    return {"pictures": pictures[:5]} if pictures else None


CHECK: Check[HasContent] = Check(
    rule="R-53",
    key="ai-pictures-labelled",
    severity=Severity.WARN,
    anchor="campaign.content",
    source="Regulation (EU) 2024/1689 (AI Act) Art. 50(4), in force since 2 Aug 2026",
    hits=_hits,
    text=RuleText(
        title="AI pictures labelled",
        sentence="These pictures are marked as made by AI, but nothing in the mailing says so: {pictures}.",
        why="In the EU people must be told that a picture which looks like a photograph is none.",
        fix="Write under the picture, or in its description, that it was made by AI.",
    ),
)
