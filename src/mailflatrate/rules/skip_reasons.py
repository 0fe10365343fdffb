"""Why a recipient is skipped. These rules are asked a million times a campaign, so they return constants."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import Enum

from mailflatrate.rules.recipient_facts import RecipientFacts
from mailflatrate.rules.verdict import Finding, RuleText, Severity


class WithholdReason(Enum):
    SUPPRESSED_BOUNCE = "suppressed_bounce"
    SUPPRESSED_COMPLAINT = "suppressed_complaint"
    SUPPRESSED_UNSUBSCRIBED = "suppressed_unsubscribed"
    SUPPRESSED_OBJECTION = "suppressed_objection"
    SUPPRESSED_ERASED = "suppressed_erased"
    SUPPRESSED_OWN = "suppressed_own"
    SUPPRESSED_EVERYWHERE = "suppressed_everywhere"
    UNSUBSCRIBED = "unsubscribed"
    NOT_CONFIRMED = "not_confirmed"
    QUARANTINED = "quarantined"
    REMOVED = "removed"
    CONSENT_MISSING = "consent_missing"
    CONSENT_OTHER_LIST = "consent_other_list"
    CONSENT_WITHDRAWN = "consent_withdrawn"
    LIST_ARCHIVED = "list_archived"
    LIST_NOT_APPROVED = "list_not_approved"
    ROLE_ADDRESS = "role_address"
    CONSENT_TOO_OLD = "consent_too_old"
    TOO_SOON = "too_soon"
    MISSING_VALUE = "missing_value"


@dataclass(frozen=True, slots=True)
class SkippedRecipient:
    rule: str
    key: str
    reason: WithholdReason


@dataclass(frozen=True, slots=True)
class RecipientRule:
    rule: str
    key: str
    source: str
    refuses: Callable[[RecipientFacts, datetime], SkippedRecipient | None]
    reasons: Mapping[WithholdReason, str]
    text: RuleText
    severity: Severity = Severity.BLOCK
    anchor: str = "contact"
    version: int = 1

    def words(self, language: str) -> RuleText:
        return self.text.translated(language)

    def judge(self, facts: RecipientFacts, now: datetime) -> Finding:
        withhold = self.refuses(facts, now)
        params: tuple[tuple[str, tuple[str, ...]], ...] = ()
        if withhold is not None:
            params = (("reason", (f"withhold.{withhold.reason.value}",)),)
        return Finding(self.rule, self.key, self.severity, withhold is None, self.anchor, params)
