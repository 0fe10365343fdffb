"""R-37: contacts who asked for fewer campaigns get no more than that."""

from datetime import datetime

from mailflatrate.locale.texts import N_
from mailflatrate.rules.recipient_facts import RecipientFacts
from mailflatrate.rules.skip_reasons import RecipientRule, SkippedRecipient, WithholdReason
from mailflatrate.rules.verdict import RuleText

_KEY = "recipient-rested"
_TOO_SOON = SkippedRecipient("R-37", _KEY, WithholdReason.TOO_SOON)


def _refuses(facts: RecipientFacts, now: datetime) -> SkippedRecipient | None:
    until = facts.rests_until
    return None if until is None or now >= until else _TOO_SOON


RULE = RecipientRule(
    rule="R-37",
    key=_KEY,
    source="GDPR Art. 7(3): withdrawing a part is withdrawing; derived",
    refuses=_refuses,
    reasons={WithholdReason.TOO_SOON: N_("wants fewer emails")},
    text=RuleText(
        title="Within the requested frequency",
        sentence="Skipped: {reason}.",
        why="The person chose in the preference center how often they want to hear from you, and your last "
        "campaign to them was too recent.",
        fix="There's nothing to do. The person will get the next campaign after the pause.",
    ),
)
