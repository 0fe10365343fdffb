"""R-16 and R-79: whoever complained, and a mailbox that is dead, gets no confirmation mail either."""

from __future__ import annotations

from mailflatrate.rules.facts import ConfirmationFacts
from mailflatrate.rules.verdict import NO_PARAMS, Check, Params, Severity, Words


def _hits(facts: ConfirmationFacts) -> Params | None:
    return NO_PARAMS if facts.suppressed else None


CHECK: Check[ConfirmationFacts] = Check(
    rule="R-79",
    key="confirmation-allowed",
    severity=Severity.BLOCK,
    anchor="list.suppressions",
    source="Amazon SES: no mail to complainers, not even a confirmation; CSA",
    hits=_hits,
    en=Words(
        title="Address may be written to",
        sentence="This address is blocked after a complaint or because the mailbox does not exist.",
        why="A complaint means no further mail at all.",
        mend="Nothing can be done here. The person can turn to our abuse desk.",
    ),
    de=Words(
        title="Adresse darf angeschrieben werden",
        sentence="Diese Adresse ist nach einer Beschwerde gesperrt oder das Postfach gibt es nicht.",
        why="Nach einer Beschwerde gibt es keine Mail mehr, auch keine Bestätigung.",
        mend="Hier ist nichts zu tun. Die Person kann sich an unsere Abuse-Stelle wenden.",
    ),
)
