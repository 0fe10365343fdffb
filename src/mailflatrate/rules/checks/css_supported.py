"""R-50: the layout does not depend on CSS that large mail programs ignore."""

from mailflatrate.rules.facts import HasContent
from mailflatrate.rules.verdict import Check, CheckedChain, Params, RuleText, Severity


def _hits(facts: HasContent) -> Params | None:
    properties = facts.content.unsupported_css
    return {"samples": properties[:5]} if properties else None


CHECK: Check[HasContent] = Check(
    rule="R-50",
    key="css-supported",
    places={CheckedChain.CAMPAIGN: 6080},
    severity=Severity.WARN,
    anchor="campaign.content",
    source="caniemail.com for Gmail, Outlook for Windows, Yahoo and GMX, November 2026",
    hits=_hits,
    text=RuleText(
        title="CSS that email clients support",
        sentence="Outlook or Gmail ignores this CSS: {samples}.",
        why="The layout falls apart there: columns stack up, and text overlaps.",
        fix="Build columns with tables, and avoid positioned elements. Inside a media query, this CSS does no harm.",
    ),
)
