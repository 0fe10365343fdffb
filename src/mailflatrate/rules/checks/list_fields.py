"""R-57: the other List fields follow the syntax of RFC 2369."""

import re

from mailflatrate.rules.messages.message import MessageFacts
from mailflatrate.rules.verdict import Check, Params, RuleText, Severity

_NAMES = ("List-Help", "List-Subscribe", "List-Post", "List-Owner", "List-Archive")
_URIS = re.compile(r"(?:<[A-Za-z][A-Za-z0-9+.-]*:[^<>\s]+>|NO)(?:\s*,\s*<[A-Za-z][A-Za-z0-9+.-]*:[^<>\s]+>)*")


def _hits(facts: MessageFacts) -> Params | None:
    wrong = tuple(name for name in _NAMES for value in facts.own.all(name.lower()) if not _URIS.fullmatch(_bare(value)))
    return {"fields": tuple(dict.fromkeys(wrong))} if wrong else None


def _bare(value: str) -> str:
    """Strip comments, and the white space that folding left inside brackets (RFC 2369 section 2)."""
    plain = re.sub(r"\([^()]*\)", "", value)
    return re.sub(r"<[^<>]*>", lambda match: re.sub(r"\s+", "", match.group()), plain).strip()


CHECK: Check[MessageFacts] = Check(
    rule="R-57",
    key="list-fields",
    severity=Severity.WARN,
    anchor="header.list-help",
    source="RFC 2369 section 2",
    hits=_hits,
    text=RuleText(
        title="Valid list fields",
        sentence="These fields don't contain URIs in angle brackets: {fields}.",
        why="Email clients ignore fields that they can't read.",
        fix="Write URIs in angle brackets, separated by commas.",
    ),
)
