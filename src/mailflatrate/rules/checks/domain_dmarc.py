"""R-62: a DMARC policy exists at the From domain or above it."""

from __future__ import annotations

from mailflatrate.rules.facts import HasSender
from mailflatrate.rules.verdict import Check, Params, Severity, Words


def _hits(facts: HasSender) -> Params | None:
    record = facts.sender.dmarc
    return None if record.ok else {"domain": facts.sender.from_domain, "state": (f"dns.{record.state.value}",)}


CHECK: Check[HasSender] = Check(
    rule="R-62",
    key="domain-dmarc",
    severity=Severity.BLOCK,
    anchor="domain.dmarc",
    source="RFC 9989; Google answer 81126; Yahoo and Microsoft sender rules",
    hits=_hits,
    en=Words(
        title="DMARC policy published",
        sentence="The DMARC record of {domain} is {state}.",
        why="It says what is to happen with mail that only pretends to be yours. Large providers ask for it.",
        mend="Copy the DMARC record from Sender domains into the DNS of the domain, then have it checked again.",
    ),
    de=Words(
        title="DMARC-Richtlinie veröffentlicht",
        sentence="Der DMARC-Eintrag von {domain} ist {state}.",
        why="Er sagt, was mit Mail geschehen soll, die sich nur als Ihre ausgibt. Große Anbieter verlangen ihn.",
        mend="Übernehmen Sie den DMARC-Eintrag aus Absenderdomains in das DNS der Domain und prüfen Sie erneut.",
    ),
)
