"""R-13, R-91: consent that nobody used for 24 months does not carry a mailing any more."""

from __future__ import annotations

from datetime import datetime

from mailflatrate.locale.texts import N_
from mailflatrate.rules.facts import RecipientFacts
from mailflatrate.rules.limits import CONSENT_MAX_AGE
from mailflatrate.rules.verdict import RuleText
from mailflatrate.rules.withhold import RecipientRule, Withhold, WithholdReason

_KEY = "recipient-recent"
_TOO_OLD = Withhold("R-13", _KEY, WithholdReason.CONSENT_TOO_OLD)


def _refuses(facts: RecipientFacts, now: datetime) -> Withhold | None:
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
        title="Contact within 24 months",
        sentence="Left out: {reason}.",
        why="Consent that nobody used for so long has faded, courts say, and the mailbox may be a trap by now.",
        fix="The person can sign up again through one of your forms.",
    ),
)
