"""R-12, R-25, R-36: the subscription is based on a consent event for this very list."""

from datetime import datetime

from mailflatrate.locale.texts import N_
from mailflatrate.rules.contacts.audience_states import CONSENTS
from mailflatrate.rules.recipient_facts import RecipientFacts
from mailflatrate.rules.skip_reasons import RecipientRule, SkippedRecipient, WithholdReason
from mailflatrate.rules.verdict import RuleText

_KEY = "recipient-consented"
_MISSING = SkippedRecipient("R-25", _KEY, WithholdReason.CONSENT_MISSING)
_WITHDRAWN = SkippedRecipient("R-16", _KEY, WithholdReason.CONSENT_WITHDRAWN)
_OTHER_LIST = SkippedRecipient("R-36", _KEY, WithholdReason.CONSENT_OTHER_LIST)


def _refuses(facts: RecipientFacts, now: datetime) -> SkippedRecipient | None:
    if facts.consent not in CONSENTS or facts.consent_event_id is None:
        return _MISSING
    if facts.consent_at is None or facts.consent_at > now:
        return _MISSING
    if facts.consent_ended:
        return _WITHDRAWN
    return None if facts.consent_list_id == facts.list_id else _OTHER_LIST


RULE = RecipientRule(
    rule="R-36",
    key=_KEY,
    source="BGH I ZR 164/09; BGH VI ZR 721/15; CSA criteria 2020 section 2.2b",
    refuses=_refuses,
    reasons={
        WithholdReason.CONSENT_MISSING: N_("no consent on record"),
        WithholdReason.CONSENT_WITHDRAWN: N_("unsubscribed after giving this consent"),
        WithholdReason.CONSENT_OTHER_LIST: N_("consented to a different list"),
    },
    text=RuleText(
        title="Consent on record for this list",
        sentence="Skipped: {reason}.",
        why="You need proof of each person's consent, and it only covers what it was given for.",
        fix="Ask the person to sign up for this list through one of your forms.",
    ),
)
