"""R-59: the signing key is RSA with 2048 bits."""

from __future__ import annotations

from mailflatrate.rules.message import MessageFacts
from mailflatrate.rules.verdict import Check, Params, Severity, Words

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
    en=Words(
        title="Signing key strong",
        sentence="The signing key has {bits} bits; {needed} are the state of the art.",
        why="Shorter keys can be broken, and then anybody signs in your name.",
        mend="Publish a new key of 2048 bits under a new selector and sign with it.",
    ),
    de=Words(
        title="Signaturschlüssel stark",
        sentence="Der Signaturschlüssel hat {bits} Bit; Stand der Technik sind {needed}.",
        why="Kürzere Schlüssel lassen sich brechen, und dann signiert jeder in Ihrem Namen.",
        mend="Veröffentlichen Sie unter neuem Selektor einen Schlüssel mit 2048 Bit und signieren Sie damit.",
    ),
)
