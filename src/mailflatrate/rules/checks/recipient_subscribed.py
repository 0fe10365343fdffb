"""R-12, R-25: only a confirmed subscription is mailed."""

from __future__ import annotations

from datetime import datetime

from mailflatrate.locale.texts import N_
from mailflatrate.rules.facts import RecipientFacts, SubscriptionState
from mailflatrate.rules.verdict import RuleText
from mailflatrate.rules.withhold import RecipientRule, Withhold, WithholdReason

_KEY = "recipient-subscribed"
_CONFIRMED = SubscriptionState.CONFIRMED
_BY_STATE = {
    SubscriptionState.PENDING: Withhold("R-25", _KEY, WithholdReason.NOT_CONFIRMED),
    SubscriptionState.QUARANTINED: Withhold("R-12", _KEY, WithholdReason.QUARANTINED),
    SubscriptionState.UNSUBSCRIBED: Withhold("R-37", _KEY, WithholdReason.UNSUBSCRIBED),
    SubscriptionState.REMOVED: Withhold("R-36", _KEY, WithholdReason.REMOVED),
}


def _refuses(facts: RecipientFacts, now: datetime) -> Withhold | None:
    state = facts.subscription
    return None if state is _CONFIRMED else _BY_STATE[state]


RULE = RecipientRule(
    rule="R-25",
    key=_KEY,
    source="MFR measure 4; UWG section 7(2) no. 2; GDPR Art. 7",
    refuses=_refuses,
    reasons={
        WithholdReason.NOT_CONFIRMED: N_("sign-up not confirmed"),
        WithholdReason.QUARANTINED: N_("no proof of consent"),
        WithholdReason.UNSUBSCRIBED: N_("left this list"),
        WithholdReason.REMOVED: N_("taken off this list"),
    },
    text=RuleText(
        title="Subscription confirmed",
        sentence="Left out: {reason}.",
        why="Only who confirmed the sign-up to this list receives its mailings.",
        fix="The person can sign up through one of your forms and confirm.",
    ),
)
