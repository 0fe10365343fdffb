"""Confirmation emails in the engine, on the basis of their request (lock two); their tokens are never stored."""

from dataclasses import dataclass

from django.db.models import QuerySet

from mailflatrate.apps.delivery.models import Chunk, Delivery, DeliveryState
from mailflatrate.apps.domains.actions.domains import configured_resolver
from mailflatrate.apps.domains.mailable import wait_for_facts, want_facts
from mailflatrate.apps.forms.actions.request_progress import (
    AcceptedConfirmation,
    AllowedConfirmation,
    decide_queued,
    note_sent,
)
from mailflatrate.apps.forms.models import SignupRequest
from mailflatrate.apps.forms.queries import queued_domains
from mailflatrate.apps.gate.confirmations import decide_confirmations
from mailflatrate.base import tenancy
from mailflatrate.base.metrics.names import EXPRESS_SECONDS

MOST_AT_ONCE = 100


@dataclass(frozen=True, slots=True)
class PlannedConfirmations:
    requests: int
    chunk_id: int | None


def plan_confirmations(account_id: int) -> PlannedConfirmations:
    """One transaction. Unknown domains are looked up first, without locks, so no message goes to a dead one (R-18)."""
    with tenancy.account(account_id):
        waiting = queued_domains(2 * MOST_AT_ONCE)
    if not waiting:
        return PlannedConfirmations(0, None)
    facts = wait_for_facts(waiting, configured_resolver)
    with tenancy.account(account_id):
        want_facts(facts)
        requests, allowed = decide_queued(MOST_AT_ONCE, facts, decide_confirmations)
        return PlannedConfirmations(requests, _make_deliveries(account_id, allowed) if allowed else None)


def _make_deliveries(account_id: int, allowed: list[AllowedConfirmation]) -> int:
    chunk = Chunk.objects.create(campaign_id=None, number=0, size=len(allowed))
    Delivery.objects.bulk_create(
        [
            Delivery(
                account_id=account_id,
                chunk=chunk,
                contact_id=confirmation.contact_id,
                mailing_list_id=confirmation.mailing_list_id,
                confirmation_id=confirmation.request_id,
                decision_id=confirmation.decision.decision_id,
                rules_version=confirmation.decision.rules_version,
                granted_at=confirmation.decision.decided_at,
            )
            for confirmation in allowed
        ]
    )
    return chunk.id


def note_accepted(chunk_id: int) -> None:
    """For the ledger: the relay accepted them (R-29, second)."""
    rows = Delivery.objects.filter(chunk_id=chunk_id, confirmation_id__isnull=False, state=DeliveryState.SENT)
    _time_express(rows)
    note_sent(
        [
            AcceptedConfirmation(
                request_id=row.confirmation_id or 0,
                delivery_id=row.id,
                reply=row.reply,
                at=row.settled_at or row.created_at,
            )
            for row in rows.order_by("id")
        ]
    )


def _time_express(rows: QuerySet[Delivery]) -> None:
    settled = dict(rows.values_list("confirmation_id", "settled_at"))
    asked = SignupRequest.objects.filter(id__in=[signup_id for signup_id in settled if signup_id is not None])
    for request_id, requested_at in asked.values_list("id", "requested_at"):
        at = settled[request_id]
        if at is not None:
            EXPRESS_SECONDS.observe(max(0.0, (at - requested_at).total_seconds()))
