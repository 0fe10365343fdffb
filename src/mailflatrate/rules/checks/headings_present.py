"""R-50: a message has a heading that a screen reader can find."""

from mailflatrate.rules.facts import HasContent
from mailflatrate.rules.verdict import NO_PARAMS, Check, CheckedChain, Params, RuleText, Severity


def _hits(facts: HasContent) -> Params | None:
    return None if facts.content.has_headings else NO_PARAMS


CHECK: Check[HasContent] = Check(
    rule="R-50",
    key="headings-present",
    places={CheckedChain.CAMPAIGN: 6070},
    severity=Severity.WARN,
    anchor="campaign.content",
    source="WCAG 2.2 criteria 1.3.1 and 2.4.6",
    hits=_hits,
    text=RuleText(
        title="Headings marked up as headings",
        sentence="No line of this message is marked up as a heading.",
        why="Screen readers jump from heading to heading. To them, large, bold text alone isn't a heading.",
        fix="Mark up the title as h1 and section titles as h2. In Markdown, start the line with # or ##.",
    ),
)
