"""R-16, R-69, R-79: whoever bounced for good, complained, left or objected gets nothing."""

from __future__ import annotations

from datetime import datetime

from mailflatrate.locale.texts import N_
from mailflatrate.rules.facts import RecipientFacts, Suppression
from mailflatrate.rules.verdict import RuleText
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
        WithholdReason.SUPPRESSED_BOUNCE: N_("mailbox does not exist"),
        WithholdReason.SUPPRESSED_COMPLAINT: N_("complained about a mailing"),
        WithholdReason.SUPPRESSED_UNSUBSCRIBED: N_("unsubscribed"),
        WithholdReason.SUPPRESSED_OBJECTION: N_("objected to advertising"),
        WithholdReason.SUPPRESSED_ERASED: N_("asked to be erased"),
        WithholdReason.SUPPRESSED_OWN: N_("suppressed by you"),
        WithholdReason.SUPPRESSED_EVERYWHERE: N_("blocked on the whole platform after a complaint"),
    },
    text=RuleText(
        title="Not blocked",
        sentence="Left out: {reason}.",
        why="Whoever left, complained or cannot be reached is not written to again.",
        fix="Only the person can lift this, by a new confirmed sign-up.",
    ),
)
