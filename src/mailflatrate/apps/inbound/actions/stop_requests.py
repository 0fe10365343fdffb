"""Requests by mail to stop sending: complaints and unsubscribes (R-42, R-79)."""

import secrets
from datetime import timedelta
from typing import Any, Final

from mailflatrate.apps.delivery.models import DeliveryRecord
from mailflatrate.apps.delivery.planning.warm_up import note_complaint
from mailflatrate.apps.delivery.results import contract_feedback
from mailflatrate.apps.inbound.actions.feedback_facts import fact_of, fact_on, record_facts
from mailflatrate.apps.inbound.interpretation import DESK, InboundReading
from mailflatrate.apps.inbound.models import Feedback, FeedbackKind, LeaveUndone, RawMail
from mailflatrate.apps.inbound.report_proof import SenderProof
from mailflatrate.apps.lists.actions import consent, feedback
from mailflatrate.apps.lists.models import Contact
from mailflatrate.base import clock, jobs, tenancy
from mailflatrate.base.ids import address_key
from mailflatrate.base.outbox.writing import emit
from mailflatrate.mail.identifiers.verp import RecipientKind
from mailflatrate.mail.message.unsubscribe import parse_unsubscribe_mail
from mailflatrate.mail.reading.values import ReturnedMessageKind
from mailflatrate.rules.events import EventType
from mailflatrate.rules.feedback.reports import Effect

TELL_COMPLAINT_JOB: Final = "inbound.tell_complaint"
TOLD_AFTER_SECONDS: Final = 3600
TOLD_WITHIN_SECONDS: Final = 5 * 3600
"""A complaint is announced at a random time after it: next to the unsubscribe, its time would say who (R-80)."""


def act_on_complaint(reading: InboundReading, delivery: DeliveryRecord) -> None:
    """Stop mail at once on a complaint, without writing to the person (R-79). R-78 decides which mail is stopped."""
    judgement = reading.judgement()
    if judgement.effect is Effect.COMPLAINT:
        complain(
            delivery,
            source=reading.source,
            platform=judgement.platform,
            counts=judgement.counts,
            raw_mail=reading.mail,
            again=reading.again,
            evidence={"type": reading.inspection.feedback, "proof": reading.trust.proof.value},
        )
    elif judgement.effect is Effect.UNSUBSCRIBE:
        unsubscribe_delivery(
            delivery, by="complaint", source=reading.source, everything=True, raw_mail=reading.mail, again=reading.again
        )


@tenancy.needs_account
def complain(
    delivery: DeliveryRecord, *, source: str, platform: bool, evidence: dict[str, Any], counts: bool = True,
    raw_mail: RawMail | None = None, again: bool = False,
) -> None:  # fmt: skip
    """Record a complaint (R-79); with `counts` False an unsubscribe, so that only proved ones enter rates (R-85)."""
    kind = FeedbackKind.COMPLAINT if counts else FeedbackKind.UNSUBSCRIBE
    fresh = bool(record_facts([fact_on(delivery, kind, raw_mail, text="" if counts else "complaint")]))
    if fresh and counts:
        note_complaint(delivery.campaign_id)
        _tell_later(delivery)
    if not fresh and again:
        return
    at, evidence = raw_mail.received_at if raw_mail else clock.now(), {"delivery": delivery.id, **evidence}
    if delivery.contact_id is not None:
        feedback.record_complaint(
            delivery.contact_id, source=source, at=at, platform=platform, counts=counts, evidence=evidence
        )
    elif delivery.transactional_id is not None:
        contract_feedback.record_complaint(
            delivery.transactional_id, source=source, at=at, platform=platform, counts=counts, evidence=evidence
        )
    elif delivery.notice_id is not None:
        contract_feedback.record_test_complaint(
            delivery.notice_id, source=source, at=at, platform=platform, counts=counts, evidence=evidence
        )


def _tell_later(delivery: DeliveryRecord) -> None:
    seconds = TOLD_AFTER_SECONDS + secrets.randbelow(TOLD_WITHIN_SECONDS)
    jobs.defer(
        TELL_COMPLAINT_JOB,
        jobs.JobQueue.HOUSE,
        at=clock.now() + timedelta(seconds=seconds),
        account_id=delivery.account_id,
        campaign_id=delivery.campaign_id,
    )


def tell_complaint(account_id: int, campaign_id: int | None) -> None:
    with tenancy.account(account_id):
        emit(EventType.COMPLAINT_RECEIVED, {"campaign_id": campaign_id})


def unsubscribe_by_mail(reading: InboundReading, delivery: DeliveryRecord) -> None:
    """Unsubscribe the person who wrote to the List-Unsubscribe address; an auto-reply is only recorded (R-43)."""
    mail = reading.mail
    request = parse_unsubscribe_mail(bytes(mail.raw), [mail.envelope_to], mail.envelope_from)
    if request.is_answering_machine:
        record_facts([fact_of(reading, delivery, FeedbackKind.AUTO_REPLY)])
    else:
        unsubscribe(reading, delivery)


def unsubscribe_by_address(reading: InboundReading) -> bool:
    """For a proved sender who wrote exactly the word for it and named no campaign: they leave the lists of every
    account (R-43). False if no account has them; then a person reads it. Idempotent.
    """
    if (
        reading.kind is not ReturnedMessageKind.UNSUBSCRIBE
        or reading.address.kind not in DESK
        or reading.trust.proof is not SenderProof.DKIM
    ):
        return False
    key = address_key(reading.trust.sender)
    if key is None:
        return False
    contacts = list(Contact.objects.filter(address_key=key).order_by("account_id").values_list("account_id", "id"))
    for account_id, contact_id in () if reading.again else contacts:
        with tenancy.account(account_id):
            consent.unsubscribe(contact_id, list_id=None, by="reply", source=reading.source)
    return bool(contacts)


def unsubscribe(reading: InboundReading, delivery: DeliveryRecord) -> None:
    by = "mailto" if reading.address.kind is RecipientKind.UNSUBSCRIBE else "reply"
    if reading.is_posted:  # the provider sends the person nothing more, of whatever list
        by = "provider"
    unsubscribe_delivery(
        delivery, by=by, source=reading.source, everything=reading.is_posted, raw_mail=reading.mail, again=reading.again
    )


def unsubscribe_delivery(
    delivery: DeliveryRecord, *, by: str, source: str, everything: bool = False, raw_mail: RawMail | None = None,
    ip: str | None = None, user_agent: str = "", again: bool = False,
) -> None:  # fmt: skip
    """From its list, or all lists if `everything`; at once, also for queued messages (R-42)."""
    if delivery.contact_id is None:
        return
    fresh = record_facts([fact_on(delivery, FeedbackKind.UNSUBSCRIBE, raw_mail, text=by)])
    if not fresh:  # they had unsubscribed before, and undone it
        recorded = Feedback.objects.filter(delivery_id=delivery.id, kind=FeedbackKind.UNSUBSCRIBE)
        recorded.filter(reason__in=LeaveUndone.values).update(reason="")
    if fresh or not again:
        consent.unsubscribe(
            delivery.contact_id,
            list_id=None if everything else delivery.mailing_list_id,
            by=by,
            source=source,
            ip=ip,
            user_agent=user_agent,
        )
