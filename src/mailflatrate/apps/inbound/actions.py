"""What comes back changes lists: each stored message is read once, and reading it again changes nothing.

The story of one message: find whom it is about, say what it is, record it once, act on it once.
"""

from dataclasses import dataclass

import structlog

from mailflatrate.apps.delivery.feedback import record_returned
from mailflatrate.apps.delivery.models import Delivery
from mailflatrate.apps.delivery.wake import figures_changed
from mailflatrate.apps.inbound.intake import PURPOSES
from mailflatrate.apps.inbound.models import Feedback, FeedbackKind, RawMail, RawMailState
from mailflatrate.apps.lists import actions as lists
from mailflatrate.base import clock, tenancy
from mailflatrate.base.ids import key_ring
from mailflatrate.base.tenancy import PlatformReason
from mailflatrate.mail.inspect import Inspection, inspect_message
from mailflatrate.mail.reading.values import Failure, Kind, Outcome
from mailflatrate.mail.tokens import TokenClaims
from mailflatrate.mail.unsubscribe import parse_unsubscribe_mail
from mailflatrate.mail.verp import RecipientKind, parse_recipient

log = structlog.get_logger("inbound")

_BOUNCES = {
    Outcome.RECIPIENT_HARD: FeedbackKind.HARD_BOUNCE,
    Outcome.RECIPIENT_SOFT: FeedbackKind.SOFT_BOUNCE,
    Outcome.SENDER_FAULT: FeedbackKind.SENDER_FAULT,
    Outcome.CONTENT: FeedbackKind.CONTENT,
}
# Nothing to do and nobody to tell: they change no counter.
_QUIET = {Kind.AUTO_REPLY: FeedbackKind.AUTO_REPLY, Kind.DELAY: FeedbackKind.DELAY}


@dataclass(frozen=True, slots=True)
class _Reading:
    """One message understood: about which delivery, and what it says."""

    mail: RawMail
    delivery: Delivery
    inspection: Inspection


def read_mail(raw_mail_id: int) -> None:
    """Read one stored message and act on it. What cannot be understood waits for a person, with the reason."""
    with tenancy.platform(PlatformReason.MAIL_IN):
        mail = RawMail.objects.select_for_update().get(id=raw_mail_id)
        if mail.state == RawMailState.HANDLED:
            return
        inspection = inspect_message(bytes(mail.raw), key_ring=key_ring())
        claims = _claims(mail, inspection)
        if claims is None:
            _wait_for_a_person(mail, inspection, "no genuine token of ours in it")
            return
        with tenancy.account(claims.account_id):
            delivery = Delivery.objects.filter(id=claims.delivery_id).first()
            done = delivery is not None and _act(_Reading(mail, delivery, inspection))
        if delivery is None:
            _wait_for_a_person(mail, inspection, "the delivery that it names is no longer on record")
        elif not done:
            _wait_for_a_person(mail, inspection, "an answer for a person to read", claims)
        else:
            _close(mail, RawMailState.HANDLED, inspection.kind, "", claims)


def put_aside(raw_mail_id: int, reason: str) -> None:
    """Leave a message for a person, because reading it failed."""
    with tenancy.platform(PlatformReason.MAIL_IN):
        RawMail.objects.filter(id=raw_mail_id).update(
            state=RawMailState.UNREAD, reason=reason[:1000], handled_at=clock.now()
        )


def _claims(mail: RawMail, inspection: Inspection) -> TokenClaims | None:
    """The delivery it is about: by the envelope address first, then by a token inside (R-67, R-78)."""
    address = parse_recipient(mail.envelope_to)
    purpose = PURPOSES.get(address.kind)
    if purpose is not None:
        return key_ring().open_token(purpose, address.token or "")
    return inspection.claims


def _act(reading: _Reading) -> bool:
    """Do what the message calls for; False where only a person can tell."""
    if parse_recipient(reading.mail.envelope_to).kind is RecipientKind.UNSUBSCRIBE:
        return _unsubscribe_by_mail(reading)
    kind = reading.inspection.kind
    if kind is Kind.BOUNCE:
        return _bounce(reading)
    if kind is Kind.COMPLAINT:
        return _complaint(reading)
    if kind is Kind.UNSUBSCRIBE:
        return _unsubscribe(reading)
    if kind in _QUIET:
        _record(reading, _QUIET[kind])
        return True
    return kind in (Kind.RECEIPT, Kind.REPORT, Kind.CHALLENGE)


def _bounce(reading: _Reading) -> bool:
    failure = _hardest(reading.inspection)
    if failure is None:
        return False
    if _record(reading, _BOUNCES[failure.verdict.outcome]):
        record_returned(
            reading.delivery.id, failure.verdict, text=failure.diagnostic, at=clock.now(),
            source=f"raw mail {reading.mail.id}",
        )  # fmt: skip
    return True


def _hardest(inspection: Inspection) -> Failure | None:
    """The failure that decides: a letter of ours has one recipient, so further ones are his forwarding addresses."""
    return max(inspection.failures, key=lambda failure: failure.verdict.hard, default=None)


def _complaint(reading: _Reading) -> bool:
    """A complaint stops mail at once, and nobody writes to the person about it (R-79)."""
    if _record(reading, FeedbackKind.COMPLAINT) and reading.delivery.contact_id is not None:
        lists.record_complaint(
            reading.delivery.contact_id, source=f"raw mail {reading.mail.id}", at=clock.now(),
            evidence={"delivery": reading.delivery.id, "type": reading.inspection.feedback},
        )  # fmt: skip
    return True


def _unsubscribe_by_mail(reading: _Reading) -> bool:
    request = parse_unsubscribe_mail(bytes(reading.mail.raw), [reading.mail.envelope_to], reading.mail.envelope_from)
    if request.is_answering_machine:
        _record(reading, FeedbackKind.AUTO_REPLY)
        return True
    return _unsubscribe(reading)


def _unsubscribe(reading: _Reading) -> bool:
    unsubscribe_delivery(reading.delivery, by="mailto", source=f"raw mail {reading.mail.id}", raw_mail=reading.mail)
    return True


def unsubscribe_delivery(
    delivery: Delivery, *, by: str, source: str, everything: bool = False, raw_mail: RawMail | None = None,
    ip: str | None = None, user_agent: str = "",
) -> None:  # fmt: skip
    """Take the recipient of a delivery off its list, or off everything; at once and for queued messages too (R-42)."""
    if delivery.contact_id is None:
        return
    lists.unsubscribe(
        delivery.contact_id, list_id=None if everything else delivery.mailing_list_id, by=by, source=source,
        ip=ip, user_agent=user_agent,
    )  # fmt: skip
    _feedback(delivery, FeedbackKind.UNSUBSCRIBE, raw_mail=raw_mail, text=by)


def _record(reading: _Reading, kind: FeedbackKind) -> bool:
    """Record the fact; False when it is on record already, so that reading twice acts once."""
    inspection = reading.inspection
    return _feedback(
        reading.delivery, kind, raw_mail=reading.mail, status=inspection.status or "", reason=inspection.reason or "",
        text=_diagnostic(inspection),
    )  # fmt: skip


def _feedback(
    delivery: Delivery, kind: FeedbackKind, *, raw_mail: RawMail | None, status: str = "", reason: str = "",
    text: str = "",
) -> bool:  # fmt: skip
    _, created = Feedback.objects.get_or_create(
        account_id=tenancy.current_account_id(),
        delivery_id=delivery.id,
        kind=kind,
        defaults={
            "campaign_id": delivery.campaign_id,
            "contact_id": delivery.contact_id,
            "raw_mail": raw_mail,
            "status": status[:12],
            "reason": reason[:60],
            "text": text[:2000],
        },
    )
    if created:
        figures_changed(delivery.campaign_id)
    return created


def _diagnostic(inspection: Inspection) -> str:
    return inspection.failures[0].diagnostic if inspection.failures else ""


def _wait_for_a_person(mail: RawMail, inspection: Inspection, reason: str, claims: TokenClaims | None = None) -> None:
    if inspection.error:
        reason = f"{reason}; {inspection.error}"
    log.info("mail waits for a person", raw_mail=mail.id, kind=inspection.kind, reason=reason)
    _close(mail, RawMailState.UNREAD, inspection.kind, reason, claims)


def _close(mail: RawMail, state: RawMailState, kind: Kind, reason: str, claims: TokenClaims | None) -> None:
    mail.state, mail.kind, mail.reason, mail.handled_at = state, kind.value, reason, clock.now()
    if claims is not None:
        mail.delivery_id, mail.account_id = claims.delivery_id, claims.account_id
    mail.save(update_fields=["state", "kind", "reason", "handled_at", "delivery_id", "account"])
