"""Feedback from receivers: bounces, deliveries, complaints (R-69 to R-75, R-79).

`mailflatrate.rules.feedback.bounces` alone decides what a bounce means; this module records its judgment.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from django.db import connection, transaction

from mailflatrate.apps.consent import ledger
from mailflatrate.apps.lists.actions.consent import end_subscriptions
from mailflatrate.apps.lists.models import Contact
from mailflatrate.apps.suppression import actions as suppression
from mailflatrate.apps.suppression.queries import complained_elsewhere
from mailflatrate.base import tenancy
from mailflatrate.base.ids import mailbox_keys
from mailflatrate.rules.contacts.suppression import SuppressionReason
from mailflatrate.rules.feedback.bounces import Bounce, BounceAction, BounceState, judge_bounce


@tenancy.needs_account
@transaction.atomic
def record_bounces(bounces: Sequence[Bounce]) -> int:
    """Return how many addresses it suppressed. Once for each final result: soft bounces count per campaign (R-71)."""
    ids = sorted({bounce.contact_id for bounce in bounces if bounce.contact_id is not None})
    needed = ("id", "account", "address_key", "soft_bounces", "soft_since", "disabled_mailings", "last_activity_at")
    rows = Contact.objects.select_for_update().filter(id__in=ids).order_by("id").only(*needed)
    people = {person.id: person for person in rows}
    counted: set[int] = set()
    account_wide: list[suppression.SuppressionEntry] = []
    everywhere: list[suppression.SuppressionEntry] = []
    for bounce in sorted(bounces, key=lambda bounce: bounce.at):
        person, bounce_verdict = people.get(bounce.contact_id or 0), bounce.verdict
        if person is None:
            continue
        before = BounceState(person.soft_bounces, person.soft_since, person.disabled_mailings, person.last_activity_at)
        judgement = judge_bounce(
            before,
            bounce_verdict.outcome,
            bounce_verdict.status,
            bounce.at,
            witnesses=len(bounce_verdict.witnesses),
            disputed=bounce_verdict.disputed,
        )
        after = judgement.state
        if after != before:
            person.soft_bounces, person.soft_since = after.soft_messages, after.first_soft_at
            person.disabled_mailings = after.disabled_mailings
            counted.add(person.id)
        if judgement.action is not BounceAction.NOTHING:
            assert judgement.rule is not None
            entry = _entry(person, bounce, judgement.rule)
            (everywhere if judgement.action is BounceAction.SUPPRESS_PLATFORM else account_wide).append(entry)
    Contact.objects.bulk_update(
        [people[contact_id] for contact_id in sorted(counted)],
        ["soft_bounces", "soft_since", "disabled_mailings"],
        batch_size=500,
    )
    suppression.suppress_many(account_wide)
    suppression.suppress_many(everywhere, platform=True)
    return len({entry.address_key for entry in account_wide + everywhere})


def _entry(person: Contact, bounce: Bounce, rule: str) -> suppression.SuppressionEntry:
    return suppression.SuppressionEntry(
        address_key=bytes(person.address_key),
        reason=SuppressionReason.SOFT_BOUNCE if rule == "R-71" else SuppressionReason.HARD_BOUNCE,
        source=bounce.source,
        evidence={
            "rule": rule,
            "status": bounce.verdict.status,
            "witnesses": len(bounce.verdict.witnesses),
            "at": bounce.at.isoformat(),
            "delivery_id": bounce.delivery_id,
        },
        mailbox_key=mailbox_keys(person.email).mailbox,
    )


def record_delivered(contact_ids: Iterable[int]) -> int:
    """Soft bounce counts end with a delivery (R-71); return how many did."""
    with connection.cursor() as cursor:
        cursor.execute(
            """UPDATE contact SET soft_bounces = 0, soft_since = NULL, disabled_mailings = 0
                WHERE account_id = %s AND id = ANY(%s::bigint[]) AND soft_bounces > 0""",
            [tenancy.current_account_id(), list(contact_ids)],
        )
        return int(cursor.rowcount)


@transaction.atomic
def record_complaint(
    contact_id: int, *, source: str, evidence: dict[str, Any], at: datetime, platform: bool = False, counts: bool = True
) -> bool:
    """Off all lists at once, and suppressed (R-79). `platform`: it reached the abuse desk; a second account's extends
    it to all, if both certainly are the person's (`counts`). True if anything changed; unknown contacts are
    ignored.
    """
    person = Contact.objects.select_for_update().filter(id=contact_id).first()
    if person is None:
        return False
    proof = ledger.EventEvidence(email=person.email, source=source, confirmed_at=at, details={"by": "complaint"})
    ended = end_subscriptions(person, None, by="complaint", evidence=proof)
    key = bytes(person.address_key)
    fresh = suppression.suppress(
        key,
        reason=SuppressionReason.COMPLAINT,
        source=source,
        evidence={"rule": "R-79", "at": at.isoformat(), "counts": counts, **evidence},
        platform=platform or (counts and complained_elsewhere(key)),
        mailbox_key=mailbox_keys(person.email).mailbox,
    )
    return fresh or ended > 0


@transaction.atomic
def take_back_soft_bounce(contact_id: int) -> None:
    """The bounce was misread: one consecutive soft bounce less (R-71)."""
    person = Contact.objects.select_for_update().filter(id=contact_id, soft_bounces__gt=0).first()
    if person is not None:
        person.soft_bounces -= 1
        person.soft_since = person.soft_since if person.soft_bounces else None
        person.save(update_fields=["soft_bounces", "soft_since"])
