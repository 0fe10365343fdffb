"""R-52: nobody gets a letter with a hole in it."""

from __future__ import annotations

from datetime import datetime

from mailflatrate.rules.facts import RecipientFacts
from mailflatrate.rules.verdict import Words
from mailflatrate.rules.withhold import RecipientRule, Withhold, WithholdReason

_KEY = "recipient-values"
_MISSING = Withhold("R-52", _KEY, WithholdReason.MISSING_VALUE)


def _refuses(facts: RecipientFacts, now: datetime) -> Withhold | None:
    return _MISSING if facts.missing_values else None


RULE = RecipientRule(
    rule="R-52",
    key=_KEY,
    source="Derived",
    refuses=_refuses,
    reasons={
        WithholdReason.MISSING_VALUE: ("a personal field has no value", "ein persönliches Feld ist leer"),
    },
    en=Words(
        title="Personal fields have values",
        sentence="Left out: {reason}.",
        why="A letter with an empty field tells readers that nobody looked.",
        mend="Give the field a default in the content, or fill the value in at the contact.",
    ),
    de=Words(
        title="Persönliche Felder haben Werte",
        sentence="Ausgelassen: {reason}.",
        why="Ein Brief mit leerem Feld zeigt, dass niemand hingesehen hat.",
        mend="Geben Sie im Inhalt eine Vorgabe an oder ergänzen Sie den Wert beim Kontakt.",
    ),
)
