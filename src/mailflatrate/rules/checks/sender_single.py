"""R-65: From holds exactly one mailbox, with an address."""

from __future__ import annotations

from mailflatrate.rules.facts import HasFrom
from mailflatrate.rules.verdict import Check, Params, Severity, Words


def _hits(facts: HasFrom) -> Params | None:
    line = facts.from_line
    if line.mailboxes == 1 and line.domain and not line.domain.endswith("."):
        return None
    return {"count": line.mailboxes, "address": line.address or "-"}


CHECK: Check[HasFrom] = Check(
    rule="R-65",
    key="sender-single",
    severity=Severity.BLOCK,
    anchor="campaign.sender",
    source="RFC 5322 section 3.6.2; RFC 9989 (DMARC) evaluates one author; Google answer 81126",
    hits=_hits,
    en=Words(
        title="One sender with one address",
        sentence="The From field holds {count} mailboxes; the address read is {address}.",
        why="With several senders, or none, mail programs show whom they like, and DMARC cannot vouch for anybody.",
        mend="Write exactly one name and one address into From.",
    ),
    de=Words(
        title="Ein Absender mit einer Adresse",
        sentence="Das Feld From enthält {count} Postfächer; gelesen wird die Adresse {address}.",
        why="Bei mehreren Absendern oder keinem zeigt jedes Mailprogramm, wen es will, und DMARC bürgt für niemanden.",
        mend="Schreiben Sie genau einen Namen und eine Adresse in From.",
    ),
)
