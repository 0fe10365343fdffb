"""R-12, R-25: only confirmed subscriptions are mailed."""

from datetime import datetime

from mailflatrate.locale.texts import N_
from mailflatrate.rules.contacts.audience_states import SubscriptionState
from mailflatrate.rules.recipient_facts import RecipientFacts
from mailflatrate.rules.skip_reasons import RecipientRule, SkippedRecipient, WithholdReason
from mailflatrate.rules.verdict import RuleText

MAILED = (SubscriptionState.CONFIRMED,)
"""The only states of a subscription that are mailed."""

_KEY = "recipient-subscribed"
BY_STATE: dict[SubscriptionState | None, SkippedRecipient] = {
    SubscriptionState.PENDING: SkippedRecipient("R-25", _KEY, WithholdReason.NOT_CONFIRMED),
    SubscriptionState.QUARANTINED: SkippedRecipient("R-12", _KEY, WithholdReason.QUARANTINED),
    SubscriptionState.UNSUBSCRIBED: SkippedRecipient("R-37", _KEY, WithholdReason.UNSUBSCRIBED),
    None: SkippedRecipient("R-36", _KEY, WithholdReason.REMOVED),
}


def _refuses(facts: RecipientFacts, now: datetime) -> SkippedRecipient | None:
    state = facts.subscription
    return None if state in MAILED else BY_STATE[state]


RULE = RecipientRule(
    rule="R-25",
    key=_KEY,
    source="MFR measure 4; UWG section 7(2) no. 2; GDPR Art. 7",
    refuses=_refuses,
    reasons={
        WithholdReason.NOT_CONFIRMED: N_("sign-up not confirmed"),
        WithholdReason.QUARANTINED: N_("no proof of consent"),
        WithholdReason.UNSUBSCRIBED: N_("unsubscribed from this list"),
        WithholdReason.REMOVED: N_("removed from this list"),
    },
    text=RuleText(
        title="Sign-up confirmed",
        sentence="Skipped: {reason}.",
        why="Only people who confirmed their sign-up to a list receive its campaigns.",
        fix="The person can sign up through one of your forms and confirm.",
    ),
)
