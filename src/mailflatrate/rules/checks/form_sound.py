"""R-50: the message is put together as MIME asks."""

from __future__ import annotations

from mailflatrate.rules.message import MessageFacts
from mailflatrate.rules.verdict import Check, Params, Severity, Words


def _hits(facts: MessageFacts) -> Params | None:
    faults = facts.message.faults
    return {"faults": tuple(f"form.{fault.value}" for fault in faults)} if faults else None


CHECK: Check[MessageFacts] = Check(
    rule="R-50",
    key="form-sound",
    severity=Severity.WARN,
    anchor="campaign.content",
    source="RFC 2045; RFC 2046 section 5.1",
    hits=_hits,
    en=Words(
        title="MIME in order",
        sentence="The message is not put together well: {faults}.",
        why="Each mail program guesses differently what was meant.",
        mend="Have the message built by a library for mail instead of by hand.",
    ),
    de=Words(
        title="MIME in Ordnung",
        sentence="Die Nachricht ist nicht sauber gebaut: {faults}.",
        why="Jedes Mailprogramm errät anders, was gemeint war.",
        mend="Lassen Sie die Nachricht von einer Bibliothek für Mail bauen statt von Hand.",
    ),
)
