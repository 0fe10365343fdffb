"""R-65: encoded words are short, use a known charset, and split no character."""

from mailflatrate.rules.messages.message import MessageFacts
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
        title="Valid encoded words",
        sentence="These encoded words don't follow RFC 2047: {words}.",
        why="Readers see code fragments instead of a name or subject.",
        fix="Keep each one to at most 75 characters, in UTF-8, and never split a character between two.",
    ),
)
