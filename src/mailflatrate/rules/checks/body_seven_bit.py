"""R-65: the body needs no 8-bit transport."""

from mailflatrate.rules.messages.message import MessageFacts
from mailflatrate.rules.verdict import NO_PARAMS, Check, Params, RuleText, Severity


def _hits(facts: MessageFacts) -> Params | None:
    return NO_PARAMS if facts.message.eight_bit_body else None


CHECK: Check[MessageFacts] = Check(
    rule="R-65",
    key="body-seven-bit",
    severity=Severity.INFO,
    anchor="campaign.content",
    source="RFC 6152; R-65: quoted-printable or base64 for everything outside of ASCII",
    hits=_hits,
    text=RuleText(
        title="Body safe for every mail server",
        sentence="The body contains raw 8-bit characters.",
        why="A server without 8BITMIME has to re-encode it, which breaks the signature.",
        fix="Encode the parts as quoted-printable or base64.",
    ),
)
