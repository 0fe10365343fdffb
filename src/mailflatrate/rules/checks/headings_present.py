"""R-50: a message has a heading that a screen reader can find."""

from __future__ import annotations

from mailflatrate.rules.facts import HasContent
from mailflatrate.rules.verdict import NO_PARAMS, Check, Params, RuleText, Severity


def _hits(facts: HasContent) -> Params | None:
    return None if facts.content.has_headings else NO_PARAMS


CHECK: Check[HasContent] = Check(
    rule="R-50",
    key="headings-present",
    severity=Severity.WARN,
    anchor="campaign.content",
    source="WCAG 2.2 criteria 1.3.1 and 2.4.6",
    hits=_hits,
    text=RuleText(
        title="Headings are marked as headings",
        sentence="No line of this message is marked as a heading.",
        why="Screen readers jump from heading to heading. Large, bold text alone is no heading to them.",
        fix="Mark the title as h1 and the titles of sections as h2. In Markdown, start the line with # or ##.",
    ),
)
