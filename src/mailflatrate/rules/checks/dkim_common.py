"""R-60: no signature in a form that large providers reject, no ARC in direct mail."""

from mailflatrate.rules.messages.message import MessageFacts
from mailflatrate.rules.verdict import Check, Params, RuleText, Severity


def _hits(facts: MessageFacts) -> Params | None:
    odd = [
        f"a={signature.verdict.algorithm}"
        for signature in facts.signatures
        if signature.verdict.algorithm not in ("", "rsa-sha256")
    ]
    direct = not facts.message.all("received")
    odd += ["ARC-Seal"] if direct and facts.message.all("arc-seal") else []
    return {"found": tuple(dict.fromkeys(odd))} if odd else None


CHECK: Check[MessageFacts] = Check(
    rule="R-60",
    key="dkim-common",
    severity=Severity.INFO,
    anchor="header.dkim-signature",
    source="Tests of April 2026: Gmail ignores Ed25519, Microsoft 365 and Yahoo fail it; RFC 8617 is for "
    "intermediaries",
    hits=_hits,
    text=RuleText(
        title="Signatures that all providers support",
        sentence="The message contains {found}.",
        why="Some providers can't read it and treat it as a failure.",
        fix="Sign with rsa-sha256 only, and leave ARC to the servers that forward email.",
    ),
)
