"""R-50: the mailing stays readable when a program turns its colours."""

from __future__ import annotations

from mailflatrate.rules.facts import HasContent
from mailflatrate.rules.verdict import Check, Params, RuleText, Severity


def _hits(facts: HasContent) -> Params | None:
    traps = facts.content.dark_traps
    return {"samples": traps[:3]} if traps else None


CHECK: Check[HasContent] = Check(
    rule="R-50",
    key="dark-mode-safe",
    severity=Severity.INFO,
    anchor="campaign.content",
    source="WCAG 2.2 criterion 1.4.3; Apple Mail and Outlook on color-scheme",
    hits=_hits,
    text=RuleText(
        title="Readable in dark mode",
        sentence="These texts have a dark colour of their own, but no background of their own: {samples}.",
        why="In dark mode the background turns dark and the text stays so: nobody can read it.",
        fix="Give the element a background colour as well, or leave the text colour out.",
    ),
)
