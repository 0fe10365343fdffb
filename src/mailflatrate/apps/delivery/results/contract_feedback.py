"""Bounces and complaints of transactional messages, and complaints about tests: their addresses, which need not be
contacts, are suppressed (R-69, R-79).
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from mailflatrate.apps.accounts.models import Notice, NoticeKind
from mailflatrate.apps.delivery.models import Delivery
from mailflatrate.apps.lists.actions import feedback
from mailflatrate.apps.lists.models import Contact
from mailflatrate.apps.suppression import actions as suppression
from mailflatrate.apps.suppression.queries import complained_elsewhere
from mailflatrate.apps.transactional.models import TransactionalMessage
from mailflatrate.base import tenancy
from mailflatrate.base.ids import address_key
from mailflatrate.rules.contacts.suppression import SuppressionReason
from mailflatrate.rules.feedback.bounces import Bounce, BounceAction, BounceState, judge_bounce

_NO_HISTORY = BounceState(0, None, 0, None)


@tenancy.needs_account
def suppress_dead(bounces: Sequence[Bounce]) -> int:
    """Of messages bounced for good; return how many rows changed. Soft bounces count per campaign only (R-71)."""
    keys = _keys_of([bounce.delivery_id for bounce in bounces if bounce.delivery_id is not None])
    account_wide: list[suppression.SuppressionEntry] = []
    everywhere: list[suppression.SuppressionEntry] = []
    for bounce in bounces:
        key = keys.get(bounce.delivery_id or 0)
        if key is None:
            continue
        bounce_verdict = bounce.verdict
        judgement = judge_bounce(
            _NO_HISTORY,
            bounce_verdict.outcome,
            bounce_verdict.status,
            bounce.at,
            witnesses=len(bounce_verdict.witnesses),
            disputed=bounce_verdict.disputed,
        )
        if judgement.action is BounceAction.NOTHING:
            continue
        evidence = {
            "rule": judgement.rule,
            "status": bounce_verdict.status,
            "at": bounce.at.isoformat(),
            "delivery_id": bounce.delivery_id,
        }
        entry = suppression.SuppressionEntry(key, SuppressionReason.HARD_BOUNCE, bounce.source, evidence)
        (everywhere if judgement.action is BounceAction.SUPPRESS_PLATFORM else account_wide).append(entry)
    return suppression.suppress_many(account_wide) + suppression.suppress_many(everywhere, platform=True)


def _keys_of(delivery_ids: Sequence[int]) -> dict[int, bytes]:
    rows = Delivery.objects.filter(id__in=delivery_ids, transactional_id__isnull=False)
    messages = {message_id: row_id for row_id, message_id in rows.values_list("id", "transactional_id")}
    rows_of_messages = TransactionalMessage.objects.filter(
        id__in=[message for message in messages if message is not None]
    )
    return {messages[message_id]: bytes(key) for message_id, key in rows_of_messages.values_list("id", "address_key")}


@tenancy.needs_account
def record_complaint(
    message_id: int, *, source: str, evidence: dict[str, Any], at: datetime, platform: bool, counts: bool
) -> bool:
    """A contact leaves all lists, too (R-79). `platform`, `counts`: as in `lists.actions.feedback`. True if changed."""
    keys = TransactionalMessage.objects.filter(id=message_id).values_list("address_key", "mailbox_key").first()
    if keys is None:
        return False
    key, mailbox = map(bytes, keys)
    return _suppress_complaint(
        key, mailbox or None, source=source, evidence=evidence, at=at, platform=platform, counts=counts
    )


@tenancy.needs_account
def record_test_complaint(
    notice_id: int, *, source: str, evidence: dict[str, Any], at: datetime, platform: bool, counts: bool
) -> bool:
    """It stops tests, too (R-79). Complaints about other notices, which concern the account, don't."""
    recipient = Notice.objects.filter(id=notice_id, kind=NoticeKind.TEST).values_list("recipient", flat=True).first()
    key = address_key(recipient or "")
    if key is None:
        return False
    return _suppress_complaint(key, None, source=source, evidence=evidence, at=at, platform=platform, counts=counts)


def _suppress_complaint(
    key: bytes,
    mailbox: bytes | None,
    *,
    source: str,
    evidence: dict[str, Any],
    at: datetime,
    platform: bool,
    counts: bool,
) -> bool:
    contact = Contact.objects.filter(address_key=key).values_list("id", flat=True).first()
    if contact is not None:
        return feedback.record_complaint(
            contact, source=source, evidence=evidence, at=at, platform=platform, counts=counts
        )
    return suppression.suppress(
        key,
        reason=SuppressionReason.COMPLAINT,
        source=source,
        evidence={"rule": "R-79", "at": at.isoformat(), "counts": counts, **evidence},
        platform=platform or (counts and complained_elsewhere(key)),
        mailbox_key=mailbox,
    )
