"""R-63: Feedback-ID lets Gmail count complaints by campaign."""

import re

from mailflatrate.rules.messages.message import MessageFacts
from mailflatrate.rules.verdict import Check, Params, RuleText, Severity

_SENDER = re.compile(r"[A-Za-z0-9_.-]{5,15}")


def _hits(facts: MessageFacts) -> Params | None:
    written = facts.own.first("feedback-id").strip()
    parts = [part.strip() for part in written.split(":")]
    named = [part for part in parts if part]
    good = len(parts) <= 4 and len(set(named)) == len(named) and _SENDER.fullmatch(parts[-1]) is not None
    return None if good else {"found": written[:100] or "-"}


CHECK: Check[MessageFacts] = Check(
    rule="R-63",
    key="feedback-id",
    severity=Severity.WARN,
    anchor="header.feedback-id",
    source="Google answer 6254652",
    hits=_hits,
    text=RuleText(
        title="Valid Feedback-ID",
        sentence="Feedback-ID is missing or malformed: {found}.",
        why="Gmail needs it to tell you which campaign people complained about.",
        fix=(
            "Use up to four different parts separated by colons, ending with a constant sender name of 5 to 15 "
            "characters."
        ),
    ),
)
