"""R-13, R-91: consent that nobody used for 24 months does not carry a mailing any more."""

from __future__ import annotations

from datetime import datetime

from mailflatrate.rules.facts import RecipientFacts
from mailflatrate.rules.limits import CONSENT_MAX_AGE
from mailflatrate.rules.verdict import Words
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
        WithholdReason.CONSENT_TOO_OLD: ("no contact for 24 months", "seit 24 Monaten kein Kontakt"),
    },
    en=Words(
        title="Contact within 24 months",
        sentence="Left out: {reason}.",
        why="Consent that nobody used for so long has faded, courts say, and the mailbox may be a trap by now.",
        mend="The person can sign up again through one of your forms.",
    ),
    de=Words(
        title="Kontakt in den letzten 24 Monaten",
        sentence="Ausgelassen: {reason}.",
        why="Eine so lange nicht genutzte Einwilligung gilt vor Gericht als erloschen; das Postfach kann eine Falle "
        "sein.",
        mend="Die Person kann sich über eines Ihrer Formulare neu anmelden.",
    ),
)
