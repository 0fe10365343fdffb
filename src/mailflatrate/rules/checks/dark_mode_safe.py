"""R-50: the campaign stays readable when a program inverts its colors."""

from mailflatrate.rules.facts import HasContent
from mailflatrate.rules.verdict import Check, CheckedChain, Params, RuleText, Severity


def _hits(facts: HasContent) -> Params | None:
    traps = facts.content.dark_traps
    return {"samples": traps[:3]} if traps else None


CHECK: Check[HasContent] = Check(
    rule="R-50",
    key="dark-mode-safe",
    places={CheckedChain.CAMPAIGN: 6110},
    severity=Severity.INFO,
    anchor="campaign.content",
    source="WCAG 2.2 criterion 1.4.3; Apple Mail and Outlook on color-scheme",
    hits=_hits,
    text=RuleText(
        title="Readable in dark mode",
        sentence="These texts have a dark color of their own, but no background of their own: {samples}.",
        why="In dark mode, the background turns dark while the text stays dark, so it can't be read.",
        fix="Set a background color for the element as well, or remove the text color.",
    ),
)
