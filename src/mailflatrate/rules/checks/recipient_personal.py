"""R-21: role addresses are refused again at send time."""

from datetime import datetime

from mailflatrate.locale.texts import N_
from mailflatrate.rules.recipient_facts import RecipientFacts
from mailflatrate.rules.skip_reasons import RecipientRule, SkippedRecipient, WithholdReason
from mailflatrate.rules.verdict import RuleText

_KEY = "recipient-personal"
_ROLE = SkippedRecipient("R-21", _KEY, WithholdReason.ROLE_ADDRESS)


def _refuses(facts: RecipientFacts, now: datetime) -> SkippedRecipient | None:
    tier = facts.role_tier
    if tier == 0 or (tier == 2 and facts.role_released):
        return None
    return _ROLE


RULE = RecipientRule(
    rule="R-21",
    key=_KEY,
    source="MFR: role addresses are refused generally; GetResponse, CleverReach, Mailchimp alike",
    refuses=_refuses,
    reasons={
        WithholdReason.ROLE_ADDRESS: N_("role address"),
    },
    text=RuleText(
        title="Personal address",
        sentence="Skipped: {reason}.",
        why="Several people read such a mailbox, and none of them can consent for the others.",
        fix="Ask for a personal address.",
    ),
)
