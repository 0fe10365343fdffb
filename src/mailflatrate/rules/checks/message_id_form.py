"""R-65: the Message-ID is well-formed, so that replies and reports find their message."""

import re

from mailflatrate.rules.messages.message import MessageFacts
from mailflatrate.rules.verdict import Check, Params, RuleText, Severity

_FORM = re.compile(r"<[^\s<>@]+@[^\s<>@]+>")


def _hits(facts: MessageFacts) -> Params | None:
    written = facts.message.first("message-id").strip()
    return None if not written or _FORM.fullmatch(written) else {"found": written[:80]}


CHECK: Check[MessageFacts] = Check(
    rule="R-65",
    key="message-id-form",
    severity=Severity.WARN,
    anchor="header.message-id",
    source="RFC 5322 section 3.6.4",
    hits=_hits,
    text=RuleText(
        title="Valid Message-ID",
        sentence="Message-ID is malformed: {found}.",
        why="Threads, bounces and complaints refer to it.",
        fix="Write it in angle brackets with one @: something unique on the left, one of your domains on the right.",
    ),
)
