"""R-59: the signature covers the whole body."""

from __future__ import annotations

from mailflatrate.rules.message import MessageFacts
from mailflatrate.rules.verdict import Check, Params, Severity, Words


def _hits(facts: MessageFacts) -> Params | None:
    limited = tuple(signature.verdict.domain for signature in facts.signatures if signature.verdict.is_body_limited)
    return {"domains": limited} if limited else None


CHECK: Check[MessageFacts] = Check(
    rule="R-59",
    key="dkim-whole-body",
    severity=Severity.BLOCK,
    anchor="header.dkim-signature",
    source="RFC 6376 section 8.2; CSA on l= tags (2024)",
    hits=_hits,
    en=Words(
        title="Signature covers the whole body",
        sentence="The signature of {domains} has a length (l=).",
        why="Behind that length anybody may append another letter, and it passes as signed.",
        mend="Sign without l=.",
    ),
    de=Words(
        title="Signatur deckt den ganzen Körper",
        sentence="Die Signatur von {domains} hat eine Länge (l=).",
        why="Dahinter kann jeder einen anderen Brief anhängen, und er gilt als signiert.",
        mend="Signieren Sie ohne l=.",
    ),
)
