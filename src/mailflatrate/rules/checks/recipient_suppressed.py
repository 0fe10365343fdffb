"""R-16, R-69, R-79: addresses that hard bounced, complained, unsubscribed or objected get nothing."""

from datetime import datetime

from mailflatrate.locale.texts import N_
from mailflatrate.rules.recipient_facts import RecipientFacts, SuppressionCause
from mailflatrate.rules.skip_reasons import RecipientRule, SkippedRecipient, WithholdReason
from mailflatrate.rules.verdict import RuleText

_KEY = "recipient-suppressed"
BY_CAUSE = {
    SuppressionCause.BOUNCE: SkippedRecipient("R-69", _KEY, WithholdReason.SUPPRESSED_BOUNCE),
    SuppressionCause.COMPLAINT: SkippedRecipient("R-79", _KEY, WithholdReason.SUPPRESSED_COMPLAINT),
    SuppressionCause.UNSUBSCRIBE: SkippedRecipient("R-16", _KEY, WithholdReason.SUPPRESSED_UNSUBSCRIBED),
    SuppressionCause.OBJECTION: SkippedRecipient("R-37", _KEY, WithholdReason.SUPPRESSED_OBJECTION),
    SuppressionCause.ERASED: SkippedRecipient("R-96", _KEY, WithholdReason.SUPPRESSED_ERASED),
    SuppressionCause.OWN: SkippedRecipient("R-16", _KEY, WithholdReason.SUPPRESSED_OWN),
    SuppressionCause.EVERYWHERE: SkippedRecipient("R-79", _KEY, WithholdReason.SUPPRESSED_EVERYWHERE),
}


def _refuses(facts: RecipientFacts, now: datetime) -> SkippedRecipient | None:
    suppressed = facts.suppressed
    return None if suppressed is None else BY_CAUSE[suppressed]


RULE = RecipientRule(
    rule="R-16",
    key=_KEY,
    source="CSA 2026 section 1.4.5; GDPR Art. 21; Amazon SES on complaints",
    refuses=_refuses,
    reasons={
        WithholdReason.SUPPRESSED_BOUNCE: N_("mailbox doesn't exist"),
        WithholdReason.SUPPRESSED_COMPLAINT: N_("complained about a campaign"),
        WithholdReason.SUPPRESSED_UNSUBSCRIBED: N_("unsubscribed"),
        WithholdReason.SUPPRESSED_OBJECTION: N_("objected to advertising"),
        WithholdReason.SUPPRESSED_ERASED: N_("requested erasure"),
        WithholdReason.SUPPRESSED_OWN: N_("suppressed by you"),
        WithholdReason.SUPPRESSED_EVERYWHERE: N_("suppressed across the platform after a complaint"),
    },
    text=RuleText(
        title="Not suppressed",
        sentence="Skipped: {reason}.",
        why="People who unsubscribed, complained or can't be reached aren't emailed again.",
        fix="Only the person can change this, by signing up again and confirming.",
    ),
)
