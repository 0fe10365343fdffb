"""The only issuer of permits: lock one of three (ARCHITECTURE section 2). `delivery.transmit` takes nothing else; each
comes from rules that passed a moment ago, and a test fails if any other code makes one.
"""

from datetime import datetime
from enum import Enum
from typing import NoReturn, final

from mailflatrate.rules.facts import ContractFacts, NoticeFacts
from mailflatrate.rules.form_facts import ConfirmationFacts
from mailflatrate.rules.gate.judge import (
    RULES_VERSION,
    judge_confirmation,
    judge_contract,
    judge_notice,
    judge_recipient,
)
from mailflatrate.rules.recipient_facts import RecipientFacts
from mailflatrate.rules.skip_reasons import SkippedRecipient


class Basis(Enum):
    """The basis of a message; the same four as the CHECK on the delivery table."""

    CONSENT = "consent"
    CONFIRMATION = "confirmation"
    NOTICE = "notice"
    CONTRACT = "contract"


@final
class Permit:
    """The right to hand one delivery to the relay, now. It cannot be constructed, copied or changed."""

    __slots__ = ("basis", "decision_id", "delivery_id", "granted_at", "rules_version")

    delivery_id: int
    basis: Basis
    decision_id: int
    rules_version: str
    granted_at: datetime

    def __new__(cls) -> "Permit":
        raise TypeError("permits are granted by gate.permits and can't be constructed")

    def __setattr__(self, name: str, value: object) -> NoReturn:
        raise AttributeError("a permit can't be changed")

    def __delattr__(self, name: str) -> NoReturn:
        raise AttributeError("a permit can't be changed")

    def __reduce_ex__(self, protocol: object) -> NoReturn:
        raise TypeError("a permit can't be copied or stored")


_new = object.__new__
_set = object.__setattr__


def _grant(delivery_id: int, basis: Basis, decision_id: int, now: datetime) -> Permit:
    permit: Permit = _new(Permit)
    _set(permit, "delivery_id", delivery_id)
    _set(permit, "basis", basis)
    _set(permit, "decision_id", decision_id)
    _set(permit, "rules_version", RULES_VERSION)
    _set(permit, "granted_at", now)
    return permit


def grant(delivery_id: int, decision_id: int, facts: RecipientFacts, now: datetime) -> Permit | SkippedRecipient:
    """Return a permit for one recipient, or the rule that skips them. This is the hot path; `now` is aware, UTC."""
    return judge_recipient(facts, now) or _grant(delivery_id, Basis.CONSENT, decision_id, now)


def refusal_for_missing(facts: RecipientFacts, variable: str, now: datetime) -> SkippedRecipient:
    """Return the refusal for a recipient without a value for `variable`, whose message would have a gap (R-52)."""
    withhold = judge_recipient(facts._replace(missing_values=(variable,)), now)
    assert withhold is not None, "R-52 left the chain"
    return withhold


def grant_notice(delivery_id: int, decision_id: int, facts: NoticeFacts, now: datetime) -> Permit | str:
    """Return a permit for a service notice, or the key of the rule that stops it."""
    blocked = judge_notice(facts).blocked_by
    return blocked[0].key if blocked else _grant(delivery_id, Basis.NOTICE, decision_id, now)


def grant_confirmation(delivery_id: int, decision_id: int, facts: ConfirmationFacts) -> Permit | str:
    """Return a permit for a confirmation mail, or the key of the rule that stops it (R-25, R-31 to R-35)."""
    blocked = judge_confirmation(facts).blocked_by
    return blocked[0].key if blocked else _grant(delivery_id, Basis.CONFIRMATION, decision_id, facts.now)


def grant_contract(delivery_id: int, decision_id: int, facts: ContractFacts, now: datetime) -> Permit | str:
    """Return a permit for a transactional message, or the key of the rule that stops it (R-112)."""
    blocked = judge_contract(facts).blocked_by
    return blocked[0].key if blocked else _grant(delivery_id, Basis.CONTRACT, decision_id, now)
