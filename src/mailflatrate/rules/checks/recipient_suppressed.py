"""R-16, R-69, R-79: whoever bounced for good, complained, left or objected gets nothing."""

from __future__ import annotations

from datetime import datetime

from mailflatrate.rules.facts import RecipientFacts, Suppression
from mailflatrate.rules.verdict import Words
from mailflatrate.rules.withhold import RecipientRule, Withhold, WithholdReason

_KEY = "recipient-suppressed"
_BY_SUPPRESSION = {
    Suppression.BOUNCE: Withhold("R-69", _KEY, WithholdReason.SUPPRESSED_BOUNCE),
    Suppression.COMPLAINT: Withhold("R-79", _KEY, WithholdReason.SUPPRESSED_COMPLAINT),
    Suppression.UNSUBSCRIBE: Withhold("R-16", _KEY, WithholdReason.SUPPRESSED_UNSUBSCRIBED),
    Suppression.OBJECTION: Withhold("R-37", _KEY, WithholdReason.SUPPRESSED_OBJECTION),
    Suppression.ERASED: Withhold("R-96", _KEY, WithholdReason.SUPPRESSED_ERASED),
    Suppression.OWN: Withhold("R-16", _KEY, WithholdReason.SUPPRESSED_OWN),
    Suppression.EVERYWHERE: Withhold("R-79", _KEY, WithholdReason.SUPPRESSED_EVERYWHERE),
}


def _refuses(facts: RecipientFacts, now: datetime) -> Withhold | None:
    suppressed = facts.suppressed
    return None if suppressed is None else _BY_SUPPRESSION[suppressed]


RULE = RecipientRule(
    rule="R-16",
    key=_KEY,
    source="CSA 2026 section 1.4.5; GDPR Art. 21; Amazon SES on complaints",
    refuses=_refuses,
    reasons={
        WithholdReason.SUPPRESSED_BOUNCE: ("mailbox does not exist", "Postfach besteht nicht"),
        WithholdReason.SUPPRESSED_COMPLAINT: ("complained about a mailing", "hat sich über ein Mailing beschwert"),
        WithholdReason.SUPPRESSED_UNSUBSCRIBED: ("unsubscribed", "abgemeldet"),
        WithholdReason.SUPPRESSED_OBJECTION: ("objected to advertising", "hat Werbung widersprochen"),
        WithholdReason.SUPPRESSED_ERASED: ("asked to be erased", "hat Löschung verlangt"),
        WithholdReason.SUPPRESSED_OWN: ("suppressed by you", "von Ihnen gesperrt"),
        WithholdReason.SUPPRESSED_EVERYWHERE: (
            "blocked on the whole platform after a complaint",
            "nach einer Beschwerde auf der ganzen Plattform gesperrt",
        ),
    },
    en=Words(
        title="Not blocked",
        sentence="Left out: {reason}.",
        why="Whoever left, complained or cannot be reached is not written to again.",
        mend="Only the person can lift this, by a new confirmed sign-up.",
    ),
    de=Words(
        title="Nicht gesperrt",
        sentence="Ausgelassen: {reason}.",
        why="Wer sich abgemeldet oder beschwert hat oder nicht erreichbar ist, wird nicht mehr angeschrieben.",
        mend="Das kann nur die Person selbst ändern, durch eine neue bestätigte Anmeldung.",
    ),
)
