"""R-59: the signature covers everything that readers and programs rely on."""

from mailflatrate.rules.messages.message import MessageFacts
from mailflatrate.rules.verdict import Check, Params, RuleText, Severity

_NEEDED = (
    *("from", "reply-to", "subject", "date", "to", "cc", "message-id", "mime-version", "content-type"),
    *("content-transfer-encoding", "list-id", "list-unsubscribe", "list-unsubscribe-post", "feedback-id"),
    *("cfbl-address", "cfbl-feedback-id", "x-mailing-id", "x-csa-complaints"),
)


def _hits(facts: MessageFacts) -> Params | None:
    if not facts.holding:
        return None  # dkim-holds says so
    uncovered = tuple(name for name in _NEEDED if facts.own.all(name) and name not in facts.signed)
    return {"fields": uncovered} if uncovered else None


CHECK: Check[MessageFacts] = Check(
    rule="R-59",
    key="dkim-covers",
    severity=Severity.WARN,
    anchor="header.dkim-signature",
    source="RFC 6376 section 5.4.1; M3AAWG; CSA",
    hits=_hits,
    text=RuleText(
        title="Signature covers the headers",
        sentence="The signature doesn't cover these fields: {fields}.",
        why="Fields that aren't covered can be changed in transit without anyone noticing.",
        fix="Add these fields to the h= tag of the signature.",
    ),
)
