"""R-47: a subject in capitals or with rows of exclamation marks shouts."""

from __future__ import annotations

import re

from mailflatrate.rules.facts import HasContent
from mailflatrate.rules.verdict import NO_PARAMS, Check, Params, Severity, Words

_MARKS = re.compile(r"[!?]{2,}|!.*!")


def _hits(facts: HasContent) -> Params | None:
    subject = facts.content.subject
    letters = [char for char in subject if char.isalpha()]
    capitals = sum(char.isupper() for char in letters)
    shouts = len(letters) >= 8 and capitals > 0.7 * len(letters)
    return NO_PARAMS if shouts or _MARKS.search(subject) else None


CHECK: Check[HasContent] = Check(
    rule="R-47",
    key="subject-calm",
    severity=Severity.WARN,
    anchor="campaign.subject",
    source="Derived; Brown v. Old Navy (Wash. 17 Apr 2025) on urgency in subjects",
    hits=_hits,
    en=Words(
        title="Subject is calm",
        sentence="The subject shouts: mostly capitals, or several exclamation marks.",
        why="Filters and readers take it for spam.",
        mend="Write the subject as you would write a sentence.",
    ),
    de=Words(
        title="Der Betreff ist ruhig",
        sentence="Der Betreff schreit: fast nur Großbuchstaben oder mehrere Ausrufezeichen.",
        why="Filter und Leser halten das für Spam.",
        mend="Schreiben Sie den Betreff wie einen Satz.",
    ),
)
