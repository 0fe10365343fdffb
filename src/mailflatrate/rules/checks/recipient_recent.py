"""R-13, R-91: consent not used for 24 months covers no campaign; a declared last message counts once accepted."""

from datetime import datetime

from mailflatrate.locale.texts import N_
from mailflatrate.rules.limits import CONSENT_MAX_AGE
from mailflatrate.rules.recipient_facts import RecipientFacts
from mailflatrate.rules.skip_reasons import RecipientRule, SkippedRecipient, WithholdReason
from mailflatrate.rules.verdict import RuleText

_KEY = "recipient-recent"
_TOO_OLD = SkippedRecipient("R-13", _KEY, WithholdReason.CONSENT_TOO_OLD)


def _refuses(facts: RecipientFacts, now: datetime) -> SkippedRecipient | None:
    last = facts.last_contact_at or facts.consent_at
    return None if last is not None and now - last <= CONSENT_MAX_AGE else _TOO_OLD


RULE = RecipientRule(
    rule="R-13",
    key=_KEY,
    source="AG München 161 C 12736/22 (14 Feb 2023); BGH III ZR 196/17 (1 Feb 2018)",
    refuses=_refuses,
    reasons={
        WithholdReason.CONSENT_TOO_OLD: N_("no contact for 24 months"),
    },
    text=RuleText(
        title="In contact within the last 24 months",
        sentence="Skipped: {reason}.",
        why="Courts treat consent that hasn't been used for so long as expired, and the mailbox may have become a "
        "spam trap.",
        fix="The person can sign up again through one of your forms.",
    ),
)
