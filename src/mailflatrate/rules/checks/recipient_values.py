"""R-52: no recipient gets a message with a value missing, or with one that leads to a host no one approved."""

from datetime import datetime

from mailflatrate.locale.texts import N_
from mailflatrate.rules.recipient_facts import RecipientFacts
from mailflatrate.rules.skip_reasons import RecipientRule, SkippedRecipient, WithholdReason
from mailflatrate.rules.verdict import RuleText

_KEY = "recipient-values"
_MISSING = SkippedRecipient("R-52", _KEY, WithholdReason.MISSING_VALUE)


def _refuses(facts: RecipientFacts, now: datetime) -> SkippedRecipient | None:
    return _MISSING if facts.missing_values else None


RULE = RecipientRule(
    rule="R-52",
    key=_KEY,
    source="Derived",
    version=2,
    refuses=_refuses,
    reasons={
        WithholdReason.MISSING_VALUE: N_("a merge field is empty or leads to someone else's website"),
    },
    text=RuleText(
        title="Merge fields have values that may be sent",
        sentence="Skipped: {reason}.",
        why=(
            "An email with an empty field shows readers that no one checked it. A web address in a field leads where "
            "no one has checked."
        ),
        fix=(
            "Give the field a default in the content, or add the value to the contact. Web addresses must be on a "
            "verified domain, or have their host in the content."
        ),
    ),
)
