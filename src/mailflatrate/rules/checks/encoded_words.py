"""R-65: encoded words are short, of a known charset, and split no character."""

from __future__ import annotations

from mailflatrate.rules.message import MessageFacts
from mailflatrate.rules.verdict import Check, Params, RuleText, Severity


def _hits(facts: MessageFacts) -> Params | None:
    broken = facts.own.broken_words
    return {"words": broken[:3]} if broken else None


CHECK: Check[MessageFacts] = Check(
    rule="R-65",
    key="encoded-words",
    severity=Severity.WARN,
    anchor="header.subject",
    source="RFC 2047 sections 2 and 5",
    hits=_hits,
    text=RuleText(
        title="Encoded words right",
        sentence="These encoded words break RFC 2047: {words}.",
        why="Readers see fragments of code instead of a name or a subject.",
        fix="Keep each at most 75 characters long, in UTF-8, and never split a character between two.",
    ),
)
