"""R-59: no one can add a second From or Subject without breaking the signature."""

from mailflatrate.rules.messages.message import MessageFacts
from mailflatrate.rules.verdict import Check, Params, RuleText, Severity

_TWICE = ("from", "to", "subject", "date", "message-id")


def _hits(facts: MessageFacts) -> Params | None:
    if not facts.holding:
        return None
    covered = [verdict.covered_fields for verdict in facts.holding]
    present = {name: len(facts.message.all(name)) for name in _TWICE}
    once = tuple(name for name in _TWICE if not any(fields.count(name) > present[name] for fields in covered))
    return {"fields": once} if once else None


CHECK: Check[MessageFacts] = Check(
    rule="R-59",
    key="dkim-oversigned",
    severity=Severity.INFO,
    anchor="header.dkim-signature",
    source="RFC 6376 sections 5.4.2 and 8.15",
    hits=_hits,
    text=RuleText(
        title="Signature protects against added fields",
        sentence="Someone could add a second copy of these fields: {fields}.",
        why="Attackers replay messages with a second From or Subject, which some email clients show.",
        fix="List these fields in h= once more than they occur.",
    ),
)
