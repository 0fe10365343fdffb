"""R-47: a subject in capitals or with many exclamation marks shouts."""

import re

from mailflatrate.rules.facts import HasContent
from mailflatrate.rules.verdict import NO_PARAMS, Check, CheckedChain, Params, RuleText, Severity

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
    places={CheckedChain.CAMPAIGN: 5030},
    severity=Severity.WARN,
    anchor="campaign.subject",
    source="Derived; Brown v. Old Navy (Wash. 17 Apr 2025) on urgency in subjects",
    hits=_hits,
    text=RuleText(
        title="Calm subject line",
        sentence="The subject line shouts: it's mostly in capitals or has several exclamation marks.",
        why="Filters and readers take it for spam.",
        fix="Write the subject line as you would a sentence.",
    ),
)
