"""R-56: both unsubscribe fields are covered by a signature; otherwise the button is not shown."""

from mailflatrate.rules.messages.message import MessageFacts
from mailflatrate.rules.verdict import Check, Params, RuleText, Severity

_FIELDS = {"list-unsubscribe": "List-Unsubscribe", "list-unsubscribe-post": "List-Unsubscribe-Post"}


def _hits(facts: MessageFacts) -> Params | None:
    there = [name for name in _FIELDS if facts.own.all(name)]
    signed = [verdict.signed_fields for verdict in facts.sender_signatures] or [()]
    # One signature has to cover both: a receiver checks one, not all of them together.
    open_fields = min(
        (tuple(_FIELDS[name] for name in there if name not in field_names) for field_names in signed), key=len
    )
    return {"fields": open_fields} if open_fields else None


CHECK: Check[MessageFacts] = Check(
    rule="R-56",
    key="one-click-signed",
    severity=Severity.BLOCK,
    anchor="header.dkim-signature",
    source="RFC 8058 section 4",
    hits=_hits,
    text=RuleText(
        title="Unsubscribe headers signed",
        sentence="No valid signature covers {fields}.",
        why="Someone could replace the address in transit, so receivers ignore the field.",
        fix="Add both fields to the h= tag of the DKIM signature.",
    ),
)
