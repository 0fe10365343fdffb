"""R-12, R-25: only a confirmed subscription is mailed."""

from __future__ import annotations

from datetime import datetime

from mailflatrate.rules.facts import RecipientFacts, SubscriptionState
from mailflatrate.rules.verdict import Words
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
        WithholdReason.NOT_CONFIRMED: ("sign-up not confirmed", "Anmeldung nicht bestätigt"),
        WithholdReason.QUARANTINED: ("no proof of consent", "Einwilligung nicht nachgewiesen"),
        WithholdReason.UNSUBSCRIBED: ("left this list", "von dieser Liste abgemeldet"),
        WithholdReason.REMOVED: ("taken off this list", "von dieser Liste genommen"),
    },
    en=Words(
        title="Subscription confirmed",
        sentence="Left out: {reason}.",
        why="Only who confirmed the sign-up to this list receives its mailings.",
        mend="The person can sign up through one of your forms and confirm.",
    ),
    de=Words(
        title="Anmeldung bestätigt",
        sentence="Ausgelassen: {reason}.",
        why="Mailings einer Liste erhält nur, wer die Anmeldung zu ihr bestätigt hat.",
        mend="Die Person kann sich über eines Ihrer Formulare anmelden und bestätigen.",
    ),
)
