"""R-65: no line is longer than 998 octets."""

from mailflatrate.mail.reading.message import MAX_LINE_OCTETS
from mailflatrate.rules.messages.message import MessageFacts
from mailflatrate.rules.verdict import Check, Params, RuleText, Severity


def _hits(facts: MessageFacts) -> Params | None:
    longest = facts.own.longest_line
    return {"length": longest, "limit": MAX_LINE_OCTETS} if longest > MAX_LINE_OCTETS else None


CHECK: Check[MessageFacts] = Check(
    rule="R-65",
    key="line-length",
    severity=Severity.BLOCK,
    anchor="header.from",
    source="RFC 5322 section 2.1.1; RFC 5321 section 4.5.3.1.6",
    hits=_hits,
    text=RuleText(
        title="Lines short enough",
        sentence="A line is {length} bytes long. The limit is {limit}.",
        why="Servers break such lines anywhere, which destroys the signature and the markup.",
        fix="Encode the part as quoted-printable or base64.",
    ),
)
