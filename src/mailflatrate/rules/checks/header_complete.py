"""R-54 and R-65: the mandatory fields of a message are present."""

from mailflatrate.rules.messages.message import MessageFacts
from mailflatrate.rules.verdict import Check, Params, RuleText, Severity

_NEEDED = {"from": "From", "to": "To", "date": "Date", "message-id": "Message-ID", "subject": "Subject"}


def _hits(facts: MessageFacts) -> Params | None:
    missing = tuple(label for name, label in _NEEDED.items() if not facts.message.first(name).strip())
    return {"fields": missing} if missing else None


CHECK: Check[MessageFacts] = Check(
    rule="R-65",
    key="header-complete",
    severity=Severity.BLOCK,
    anchor="header.from",
    source="RFC 5322 sections 3.6.1 to 3.6.4; Google answer 81126: messages follow RFC 5322",
    hits=_hits,
    text=RuleText(
        title="Required fields present",
        sentence="These header fields are missing or empty: {fields}.",
        why="Email clients and filters treat a message without them as broken or as spam.",
        fix="Have the sending system add each of them exactly once.",
    ),
)
