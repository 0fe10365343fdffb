"""What a person may add after an unsubscribe: why, or fewer emails, or a pause. Nothing here delays or weakens it;
staying is possible for some minutes, on the page where it was done.
"""

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from mailflatrate.apps.delivery.models import DeliveryRecord
from mailflatrate.apps.inbound.models import Feedback, FeedbackKind, LeaveReason, LeaveUndone
from mailflatrate.apps.lists.actions.contacts import pause_contact
from mailflatrate.apps.lists.actions.unsubscribe_undo import UndoOffer, undo_offer, undo_unsubscribe
from mailflatrate.base import tenancy


@dataclass(frozen=True, slots=True)
class StayingTerms:
    """How a person stays: until when they pause, or how many days are between two campaigns; neither: as before."""

    paused_until: datetime | None = None
    pause_days: int | None = None

    @property
    def outcome(self) -> LeaveUndone:
        if self.paused_until is not None:
            return LeaveUndone.PAUSED
        return LeaveUndone.STAYED if self.pause_days is None else LeaveUndone.FEWER


def page_of(delivery: DeliveryRecord) -> str:
    return f"unsubscribe page of delivery {delivery.id}"


def offer_of(delivery: DeliveryRecord) -> UndoOffer | None:
    return undo_offer(delivery.contact_id, page_of(delivery)) if delivery.contact_id is not None else None


@tenancy.needs_account
def give_reason(delivery: DeliveryRecord, reason: LeaveReason) -> bool:
    """Store why the person unsubscribed; return False if they didn't, or stayed."""
    feedback = Feedback.objects.filter(delivery_id=delivery.id, kind=FeedbackKind.UNSUBSCRIBE)
    return bool(feedback.exclude(reason__in=LeaveUndone.values).update(reason=reason))


@transaction.atomic
def stay(delivery: DeliveryRecord, terms: StayingTerms, *, ip: str | None, user_agent: str) -> bool:
    """Undo it under new terms; False if it's too late. Raises ListError for a pause that is over or too long."""
    contact_id = delivery.contact_id
    if contact_id is None or not undo_unsubscribe(contact_id, source=page_of(delivery), ip=ip, user_agent=user_agent):
        return False
    if terms.outcome is not LeaveUndone.STAYED:
        pause_contact(contact_id, terms.paused_until, pause_days=terms.pause_days)
    feedback = Feedback.objects.filter(delivery_id=delivery.id, kind=FeedbackKind.UNSUBSCRIBE)
    feedback.update(reason=terms.outcome)
    return True
