"""R-10: the list of this recipient has an approved origin."""

from __future__ import annotations

from datetime import datetime

from mailflatrate.locale.texts import N_
from mailflatrate.rules.facts import OriginState, RecipientFacts
from mailflatrate.rules.verdict import RuleText
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
        WithholdReason.LIST_NOT_APPROVED: N_("origin of the list not approved"),
    },
    text=RuleText(
        title="Origin of the list approved",
        sentence="Left out: {reason}.",
        why="A list may be used only when it is clear how each person came onto it.",
        fix="Declare the origin of the list, or wait for the answer of our reviewer.",
    ),
)
