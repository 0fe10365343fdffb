"""R-10: the recipient's list has an approved origin and isn't archived."""

from datetime import datetime

from mailflatrate.locale.texts import N_
from mailflatrate.rules.contacts.audience_states import OriginState
from mailflatrate.rules.recipient_facts import RecipientFacts
from mailflatrate.rules.skip_reasons import RecipientRule, SkippedRecipient, WithholdReason
from mailflatrate.rules.verdict import RuleText

_KEY = "recipient-origin"
_ARCHIVED = SkippedRecipient("R-10", _KEY, WithholdReason.LIST_ARCHIVED)
_REFUSED = SkippedRecipient("R-10", _KEY, WithholdReason.LIST_NOT_APPROVED)
MAILABLE = (OriginState.FORM, OriginState.APPROVED)
"""The origins of a list that let its people be mailed."""


def _refuses(facts: RecipientFacts, now: datetime) -> SkippedRecipient | None:
    if facts.list_archived:
        return _ARCHIVED
    return None if facts.origin in MAILABLE else _REFUSED


RULE = RecipientRule(
    rule="R-10",
    key=_KEY,
    source="MFR measure 1; M3AAWG Sender BCP v3 section 2",
    refuses=_refuses,
    reasons={
        WithholdReason.LIST_ARCHIVED: N_("list archived"),
        WithholdReason.LIST_NOT_APPROVED: N_("list origin not approved"),
    },
    text=RuleText(
        title="List origin approved",
        sentence="Skipped: {reason}.",
        why="You can only use a list once it's clear how each person got on it.",
        fix="Declare the list origin, or wait for our team to review it.",
    ),
)
