"""R-59: the signing key is RSA with 2048 bits."""

from mailflatrate.rules.messages.message import MessageFacts
from mailflatrate.rules.verdict import Check, Params, RuleText, Severity

BITS = 2048


def _hits(facts: MessageFacts) -> Params | None:
    seen = [signature.key_bits for signature in facts.signatures if signature.key_bits and signature.verdict.passed]
    return {"bits": max(seen), "needed": BITS} if seen and max(seen) < BITS else None


CHECK: Check[MessageFacts] = Check(
    rule="R-59",
    key="dkim-key-strong",
    severity=Severity.WARN,
    anchor="header.dkim-signature",
    source="RFC 8301 section 3.2; Google: 1024 at least, 2048 recommended",
    hits=_hits,
    text=RuleText(
        title="Strong signing key",
        sentence="The signing key has {bits} bits. The current standard is {needed}.",
        why="Shorter keys can be broken, and then anyone can sign in your name.",
        fix="Publish a new 2048-bit key under a new selector, and sign with it.",
    ),
)
