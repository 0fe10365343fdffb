"""R-52: no merge tag is left unreplaced."""

from __future__ import annotations

import re

from mailflatrate.rules.facts import CampaignFacts
from mailflatrate.rules.verdict import Check, Params, Severity, Words

# The notations of the systems that customers come from: Liquid and Handlebars, Mailchimp, the percent family,
# CleverReach.
_LEFTOVER = re.compile(
    r"\{\{[^{}\n]{0,80}\}\}"
    r"|\{%[^%{}\n]{0,80}%\}"
    r"|\*\|[A-Z0-9_:]{1,40}\|\*"
    r"|%%[A-Za-z][A-Za-z0-9_. ]{0,40}%%"
    r"|\$\{[A-Za-z_][\w.]{0,40}\}"
    r"|\[(?:F|L)?NAME\]|\[(?:VOR|NACH)?NAME\]|\[(?:FIRST|LAST)[ _]?NAME\]|\[(?:ANREDE|EMAIL|E-MAIL)\]"
    r"|\{(?:VORNAME|NACHNAME|ANREDE|EMAIL|FIRSTNAME|LASTNAME)\}"
    r"|\{\{|\}\}"
)


def find_leftovers(rendered: str, limit: int = 5) -> tuple[str, ...]:
    """Merge tags still standing in a rendered subject or part, each once, in order, at most `limit`."""
    found: dict[str, None] = {}
    for match in _LEFTOVER.finditer(rendered):
        found[match.group(0)] = None
        if len(found) >= limit:
            break
    return tuple(found)


def _hits(facts: CampaignFacts) -> Params | None:
    content = facts.content
    leftovers = dict.fromkeys(
        (*find_leftovers(content.subject), *find_leftovers(content.preheader), *content.leftovers)
    )
    return {"tags": tuple(leftovers)} if leftovers else None


CHECK: Check[CampaignFacts] = Check(
    rule="R-52",
    key="merge-tags-filled",
    severity=Severity.BLOCK,
    anchor="campaign.content",
    source="Derived",
    hits=_hits,
    en=Words(
        title="Personal fields filled",
        sentence="These placeholders would reach the readers as they stand: {tags}.",
        why="A letter to a placeholder tells readers that nobody looked.",
        mend="Choose the field from the list of fields, and give it a default for people without a value.",
    ),
    de=Words(
        title="Persönliche Felder gefüllt",
        sentence="Diese Platzhalter kämen so bei den Lesern an: {tags}.",
        why="Ein Brief an einen Platzhalter zeigt, dass niemand hingesehen hat.",
        mend="Wählen Sie das Feld aus der Liste und geben Sie eine Vorgabe für Empfänger ohne Wert an.",
    ),
)
