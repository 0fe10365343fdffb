"""R-10: the list of this recipient has an approved origin."""

from __future__ import annotations

from datetime import datetime

from mailflatrate.rules.facts import OriginState, RecipientFacts
from mailflatrate.rules.verdict import Words
from mailflatrate.rules.withhold import RecipientRule, Withhold, WithholdReason

_KEY = "recipient-origin"
_REFUSED = Withhold("R-10", _KEY, WithholdReason.LIST_NOT_APPROVED)
_MAILABLE = (OriginState.FORM, OriginState.APPROVED)


def _refuses(facts: RecipientFacts, now: datetime) -> Withhold | None:
    return None if facts.origin in _MAILABLE else _REFUSED


RULE = RecipientRule(
    rule="R-10",
    key=_KEY,
    source="MFR measure 1; M3AAWG Sender BCP v3 section 2",
    refuses=_refuses,
    reasons={
        WithholdReason.LIST_NOT_APPROVED: (
            "origin of the list not approved",
            "Herkunft der Liste nicht genehmigt",
        ),
    },
    en=Words(
        title="Origin of the list approved",
        sentence="Left out: {reason}.",
        why="A list may be used only when it is clear how each person came onto it.",
        mend="Declare the origin of the list, or wait for the answer of our reviewer.",
    ),
    de=Words(
        title="Herkunft der Liste genehmigt",
        sentence="Ausgelassen: {reason}.",
        why="Eine Liste darf erst benutzt werden, wenn klar ist, wie jeder Einzelne auf sie kam.",
        mend="Geben Sie die Herkunft der Liste an oder warten Sie die Antwort unserer Prüfung ab.",
    ),
)
