"""R-65: header fields are ASCII; everything else goes into encoded words."""

from mailflatrate.rules.messages.message import MessageFacts
from mailflatrate.rules.verdict import Check, Params, RuleText, Severity


def _hits(facts: MessageFacts) -> Params | None:
    if not facts.own.eight_bit_header:
        return None
    names = tuple(dict.fromkeys(field.name for field in facts.own.fields if not field.value.isascii()))
    return {"fields": names or ("-",)}


CHECK: Check[MessageFacts] = Check(
    rule="R-65",
    key="header-ascii",
    severity=Severity.WARN,
    anchor="header.subject",
    source="RFC 5322 section 2.2; RFC 2047; RFC 6532 allows UTF-8 only with SMTPUTF8",
    hits=_hits,
    text=RuleText(
        title="Headers in ASCII",
        sentence="These header fields contain unencoded non-ASCII characters: {fields}.",
        why="Servers without SMTPUTF8 reject or garble them.",
        fix="Encode names and subjects as specified in RFC 2047.",
    ),
)
