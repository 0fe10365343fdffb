"""R-59: a DKIM signature is there and holds."""

from __future__ import annotations

from mailflatrate.rules.message import MessageFacts
from mailflatrate.rules.verdict import Check, Params, Severity, Words


def _hits(facts: MessageFacts) -> Params | None:
    if facts.holding or any(signature.is_transit_broken for signature in facts.signatures):
        return None
    found = tuple(
        f"{signature.verdict.domain or '-'}=dkim.{signature.verdict.status.value}" for signature in facts.signatures
    )
    return {"found": found or ("dkim.none",)}


CHECK: Check[MessageFacts] = Check(
    rule="R-59",
    key="dkim-holds",
    severity=Severity.BLOCK,
    anchor="header.dkim-signature",
    source="RFC 6376 section 6; Google answer 81126; Yahoo and Microsoft sender rules",
    hits=_hits,
    en=Words(
        title="DKIM signature valid",
        sentence="No DKIM signature holds: {found}.",
        why="Without one nobody vouches for the message, and large providers refuse it.",
        mend="Sign with the key that the DNS publishes, last of all, and change nothing afterwards.",
    ),
    de=Words(
        title="DKIM-Signatur gültig",
        sentence="Keine DKIM-Signatur hält: {found}.",
        why="Ohne sie bürgt niemand für die Nachricht, und große Anbieter weisen sie ab.",
        mend="Signieren Sie zuletzt, mit dem im DNS veröffentlichten Schlüssel, und ändern Sie danach nichts mehr.",
    ),
)
