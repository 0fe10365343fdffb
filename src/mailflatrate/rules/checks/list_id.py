"""R-57: the campaign names its list, always the same way."""

import re

from mailflatrate.rules.messages.message import MessageFacts
from mailflatrate.rules.verdict import Check, Params, RuleText, Severity

_FORM = re.compile(
    r"(?:\"(?:[^\"\\]|\\.)*\"|[^<>\"]){0,900}<([^\s<>@]{1,253}\.[^\s<>@]{1,253})>(?:\s*\([^()]*\))?", re.DOTALL
)


def _hits(facts: MessageFacts) -> Params | None:
    written = facts.own.first("list-id").strip()
    match = _FORM.fullmatch(written)
    return {"found": written[:80] or "-"} if match is None or len(match[1]) > 255 else None


CHECK: Check[MessageFacts] = Check(
    rule="R-57",
    key="list-id",
    severity=Severity.WARN,
    anchor="header.list-id",
    source="RFC 2919 sections 2 and 3; M3AAWG Sender BCP",
    hits=_hits,
    text=RuleText(
        title="List identified",
        sentence="List-Id is missing or malformed: {found}.",
        why="Readers sort by it, and mailbox providers use it to track the reputation of each list separately.",
        fix="Use a name and a dotted identifier in angle brackets, the same for every campaign to the list.",
    ),
)
