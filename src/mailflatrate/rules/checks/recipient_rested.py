"""R-37: whoever asked for fewer mailings gets no more than that."""

from __future__ import annotations

from datetime import datetime

from mailflatrate.rules.facts import RecipientFacts
from mailflatrate.rules.verdict import Words
from mailflatrate.rules.withhold import RecipientRule, Withhold, WithholdReason

_KEY = "recipient-rested"
_TOO_SOON = Withhold("R-37", _KEY, WithholdReason.TOO_SOON)


def _refuses(facts: RecipientFacts, now: datetime) -> Withhold | None:
    until = facts.rests_until
    return None if until is None or now >= until else _TOO_SOON


RULE = RecipientRule(
    rule="R-37",
    key=_KEY,
    source="GDPR Art. 7(3): withdrawing a part is withdrawing; derived",
    refuses=_refuses,
    reasons={WithholdReason.TOO_SOON: ("wants fewer mailings", "möchte weniger Mailings")},
    en=Words(
        title="Not more often than the person wants",
        sentence="Left out: {reason}.",
        why="The person chose under preferences how often mailings may come, and the last one was not long ago.",
        mend="Nothing is to be done; the next mailing after the pause goes out.",
    ),
    de=Words(
        title="Nicht öfter als gewünscht",
        sentence="Ausgelassen: {reason}.",
        why="Die Person hat in ihren Einstellungen gewählt, wie oft Mailings kommen dürfen; das letzte ist nicht lange "
        "her.",
        mend="Hier ist nichts zu tun; das nächste Mailing nach der Pause geht hinaus.",
    ),
)
