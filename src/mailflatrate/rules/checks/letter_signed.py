"""R-59: the signature of a sample letter holds against the key that the domain publishes."""

from __future__ import annotations

from mailflatrate.rules.facts import CampaignFacts
from mailflatrate.rules.verdict import Check, Params, Severity, Words


def _hits(facts: CampaignFacts) -> Params | None:
    sample = facts.sample
    if sample is None or sample.problem or sample.is_signed:
        return None
    return {"domain": facts.sender.dkim_domain or "-"}


CHECK: Check[CampaignFacts] = Check(
    rule="R-59",
    key="letter-signed",
    severity=Severity.BLOCK,
    anchor="domain.dkim",
    source="RFC 6376; section N: DKIM self-verify",
    hits=_hits,
    en=Words(
        title="Signature tried out",
        sentence="The signature of a sample letter does not hold for {domain}.",
        why="Receivers would refuse the whole mailing.",
        mend="Have a new key made under Sender domains and publish its record.",
    ),
    de=Words(
        title="Signatur erprobt",
        sentence="Die Signatur eines Probebriefs hält für {domain} nicht.",
        why="Empfänger würden das ganze Mailing abweisen.",
        mend="Lassen Sie unter Absenderdomains einen neuen Schlüssel erzeugen und veröffentlichen Sie seinen Eintrag.",
    ),
)
