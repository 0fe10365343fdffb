"""R-21: role addresses are refused again at the moment of sending."""

from __future__ import annotations

from datetime import datetime

from mailflatrate.rules.facts import RecipientFacts
from mailflatrate.rules.verdict import Words
from mailflatrate.rules.withhold import RecipientRule, Withhold, WithholdReason

_KEY = "recipient-personal"
_ROLE = Withhold("R-21", _KEY, WithholdReason.ROLE_ADDRESS)


def _refuses(facts: RecipientFacts, now: datetime) -> Withhold | None:
    tier = facts.role_tier
    if tier == 0 or (tier == 2 and facts.role_released):
        return None
    return _ROLE


RULE = RecipientRule(
    rule="R-21",
    key=_KEY,
    source="MFR: role addresses are refused generally; GetResponse, CleverReach, Mailchimp alike",
    refuses=_refuses,
    reasons={
        WithholdReason.ROLE_ADDRESS: (
            "address of an office, not of a person",
            "Adresse einer Stelle statt einer Person",
        ),
    },
    en=Words(
        title="Address of one person",
        sentence="Left out: {reason}.",
        why="Several people read such a mailbox, and none of them can consent for the others.",
        mend="Ask for a personal address.",
    ),
    de=Words(
        title="Adresse einer einzelnen Person",
        sentence="Ausgelassen: {reason}.",
        why="Ein solches Postfach lesen mehrere, und keiner von ihnen kann für die anderen einwilligen.",
        mend="Bitten Sie um eine persönliche Adresse.",
    ),
)
