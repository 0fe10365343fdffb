"""R-44: the imprint is readable: at least 11 px, with a contrast of at least 4.5."""

from mailflatrate.rules.facts import HasContent
from mailflatrate.rules.verdict import Check, CheckedChain, Params, RuleText, Severity


def _hits(facts: HasContent) -> Params | None:
    faint = facts.content.imprint_faint
    return {"lines": faint[:4]} if faint else None


CHECK: Check[HasContent] = Check(
    rule="R-44",
    key="imprint-readable",
    places={CheckedChain.CAMPAIGN: 4030},
    severity=Severity.BLOCK,
    anchor="campaign.content",
    source="Product values on CSA criteria 2018 section 2.4; WCAG 2.2 criterion 1.4.3",
    hits=_hits,
    text=RuleText(
        title="Imprint readable",
        sentence="These lines of the imprint are too small or too faint to read: {lines}.",
        why="Details that can't be read count as missing.",
        fix="Give the imprint block at least 11 px and a contrast of 4.5:1, or leave its design to us.",
    ),
)
