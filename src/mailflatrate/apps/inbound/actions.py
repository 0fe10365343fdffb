"""What comes back changes lists: each stored message is read once, and reading it again changes nothing.

The story of one message: find whom it is about, say what it is, record it once, act on it once. What a person has to
look at is marked for the abuse desk in the same transaction.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import structlog

from mailflatrate.apps.delivery.feedback import record_returned
from mailflatrate.apps.delivery.models import Delivery
from mailflatrate.apps.delivery.wake import figures_changed
from mailflatrate.apps.inbound.models import DeskState, Feedback, FeedbackKind, RawMail, RawMailState
from mailflatrate.apps.inbound.reading import AT_THE_DESK, ROLES, Reading, read
from mailflatrate.apps.inbound.trust import Proof
from mailflatrate.apps.lists import actions as lists
from mailflatrate.base import clock, jobs, tenancy
from mailflatrate.base.tenancy import PlatformReason
from mailflatrate.mail.inspect import Inspection
from mailflatrate.mail.reading.values import Failure, Kind, Outcome
from mailflatrate.mail.unsubscribe import parse_unsubscribe_mail
from mailflatrate.mail.verp import RecipientKind
from mailflatrate.rules.reports import Effect, Tray

log = structlog.get_logger("inbound")

_BOUNCES = {
    Outcome.RECIPIENT_HARD: FeedbackKind.HARD_BOUNCE,
    Outcome.RECIPIENT_SOFT: FeedbackKind.SOFT_BOUNCE,
    Outcome.SENDER_FAULT: FeedbackKind.SENDER_FAULT,
    Outcome.CONTENT: FeedbackKind.CONTENT,
}
# Nothing to do and nobody to tell: they change no counter.
_QUIET = {Kind.AUTO_REPLY: FeedbackKind.AUTO_REPLY, Kind.DELAY: FeedbackKind.DELAY}
_SILENT = (Kind.RECEIPT, Kind.REPORT, Kind.CHALLENGE)
WAKE_DESK = "abuse.take_mail"
HANDED_IN = "page"
"""`RawMail.via` of what somebody handed in on a page, where it was acted on; it is kept as evidence alone."""


@dataclass(frozen=True, slots=True)
class _Work:
    """One message, about one delivery. `again`: it was acted on before, so that only what is new is done."""

    mail: RawMail
    delivery: Delivery
    reading: Reading
    again: bool

    @property
    def source(self) -> str:
        """How evidence names the message."""
        return source_of(self.mail.id)

    @property
    def inspection(self) -> Inspection:
        """What it is and says."""
        return self.reading.inspection


def source_of(raw_mail_id: int) -> str:
    """How the evidence of a consequence names the message that it came by."""
    return f"raw mail {raw_mail_id}"


def read_mail(raw_mail_id: int, *, again: bool = False) -> Proof:
    """Read one stored message and act on it. What cannot be understood waits for a person, with the reason.

    `again`: read it although it was handled, after a reader has improved; what was done for it is not done twice. Tells
    how its sender proved himself; UNKNOWN: ask again later.
    """
    return read_together([raw_mail_id], again=again).get(raw_mail_id, Proof.NONE)


def read_together(raw_mail_ids: Sequence[int], *, again: bool = False) -> dict[int, Proof]:
    """As `read_mail`, for several messages in one transaction: for all, or by what it raises for none of them.

    In the order of their deliveries, so that two batches at once wait for each other instead of crossing.
    """
    with tenancy.platform(PlatformReason.MAIL_IN):
        stored = list(RawMail.objects.filter(id__in=raw_mail_ids))
    readings = [(mail.id, read(mail)) for mail in stored if _is_to_be_read(mail, again=again)]
    if not readings:
        return {}
    readings.sort(key=lambda found: (*_delivery_of(found[1]), found[0]))
    with tenancy.platform(PlatformReason.MAIL_IN):
        rows = RawMail.objects.select_for_update().filter(id__in=[raw_mail_id for raw_mail_id, _ in readings])
        locked = {mail.id: mail for mail in rows.order_by("id")}
        for raw_mail_id, reading in readings:
            mail = locked[raw_mail_id]
            if mail.state == RawMailState.NEW or again:
                _settle(mail, reading)
    return {raw_mail_id: reading.trust.proof for raw_mail_id, reading in readings}


def _is_to_be_read(mail: RawMail, *, again: bool) -> bool:
    if mail.via == HANDED_IN or not mail.raw:
        return False
    return again or mail.state not in (RawMailState.HANDLED, RawMailState.APART)


def _delivery_of(reading: Reading) -> tuple[int, int]:
    return (reading.target.account_id, reading.target.delivery_id or 0) if reading.target else (0, 0)


def put_aside(raw_mail_id: int, reason: str) -> None:
    """Leave a message for a person, because reading it failed."""
    with tenancy.platform(PlatformReason.MAIL_IN):
        RawMail.objects.filter(id=raw_mail_id).update(
            state=RawMailState.UNREAD, reason=reason[:1000], handled_at=clock.now(), desk=DeskState.NO
        )


def mark_taken(raw_mail_id: int) -> None:
    """The abuse desk has it in a case. Runs inside `tenancy.platform(...)`."""
    RawMail.objects.filter(id=raw_mail_id).update(desk=DeskState.TAKEN)


def hand_to_desk(raw_mail_id: int) -> None:
    """A person wants a case of a message, whatever the sorting thought of it. Runs inside `tenancy.platform(...)`."""
    changed = RawMail.objects.filter(id=raw_mail_id).exclude(desk=DeskState.TAKEN)
    if changed.update(desk=DeskState.WAITING, state=RawMailState.HANDLED, reason=""):
        jobs.wake(WAKE_DESK, jobs.Queue.INBOUND, once=WAKE_DESK)


def put_away(raw_mail_id: int) -> None:
    """Nothing is to be done about a message that waited for a person. Runs inside `tenancy.platform(...)`."""
    RawMail.objects.filter(id=raw_mail_id).update(state=RawMailState.HANDLED, handled_at=clock.now())


def _settle(mail: RawMail, reading: Reading) -> None:
    """Act, and write down what was made of it."""
    target, delivery, done = reading.target, None, False
    if target is not None and target.delivery_id is not None:
        with tenancy.account(target.account_id):
            delivery = Delivery.objects.filter(id=target.delivery_id).first()
            if delivery is not None:
                done = _act(_Work(mail, delivery, reading, again=mail.handled_at is not None))
    wanted = _is_for_desk(reading, done=done)
    if wanted and mail.desk == DeskState.NO:
        mail.desk = DeskState.WAITING
        jobs.wake(WAKE_DESK, jobs.Queue.INBOUND, once=WAKE_DESK)
    if mail.state == RawMailState.HANDLED:  # read again: what a person put away stays away
        state, reason = RawMailState.HANDLED, mail.reason
    elif done or wanted or reading.address.kind in ROLES:
        apart = reading.tray is Tray.APART and not done
        state, reason = (RawMailState.APART, "") if apart else (RawMailState.HANDLED, "")
    elif target is None:
        state, reason = RawMailState.UNREAD, "no genuine token of ours in it"
    elif delivery is None:
        state, reason = RawMailState.UNREAD, "the delivery that it names is no longer on record"
    else:
        state, reason = RawMailState.UNREAD, "an answer for a person to read"
    _close(mail, reading, state, reason)


def _is_for_desk(reading: Reading, *, done: bool) -> bool:
    """Every complaint is, and whatever was written to the desk unless it has been answered by what was done."""
    if reading.kind is Kind.COMPLAINT:
        return reading.address.kind not in AT_THE_DESK or reading.tray is Tray.CASE
    return reading.address.kind in AT_THE_DESK and reading.tray is Tray.CASE and not done


def _act(work: _Work) -> bool:
    """Do what the message calls for; False where only a person can tell."""
    if work.reading.address.kind is RecipientKind.UNSUBSCRIBE:
        return _unsubscribe_by_mail(work)
    kind = work.reading.kind
    if kind is Kind.BOUNCE:
        return _bounce(work)
    if kind is Kind.COMPLAINT:
        return _complaint(work)
    if kind is Kind.UNSUBSCRIBE:
        return _unsubscribe(work)
    if kind in _QUIET:
        _record(work, _QUIET[kind])
        return True
    return kind in _SILENT


def _bounce(work: _Work) -> bool:
    failure = _hardest(work.inspection)
    if failure is None:
        return False
    kind = _BOUNCES[failure.verdict.outcome]
    earlier = None
    if work.again:
        earlier = Feedback.objects.filter(raw_mail=work.mail, kind__in=_BOUNCES.values()).exclude(kind=kind).first()
    if earlier is not None:
        _take_back(earlier)
    if _record(work, kind):
        record_returned(
            work.delivery.id, failure.verdict, text=failure.diagnostic, at=work.mail.received_at, source=work.source,
            again=earlier is not None,
        )  # fmt: skip
    return True


def _take_back(earlier: Feedback) -> None:
    """This message was understood otherwise before: what it was counted as goes. A reviewer ends a suppression."""
    if earlier.kind == FeedbackKind.SOFT_BOUNCE and earlier.contact_id is not None:
        lists.take_back_soft_bounce(earlier.contact_id)
    earlier.delete()
    figures_changed(earlier.campaign_id)


def _hardest(inspection: Inspection) -> Failure | None:
    """The failure that decides: a letter of ours has one recipient, so further ones are his forwarding addresses."""
    return max(inspection.failures, key=lambda failure: failure.verdict.hard, default=None)


def _complaint(work: _Work) -> bool:
    """A complaint stops mail at once, and nobody writes to the person about it (R-79); how far, R-78 says."""
    judgement = work.reading.judgement()
    if judgement.effect is Effect.COMPLAINT:
        complain(
            work.delivery, source=work.source, platform=judgement.platform, raw_mail=work.mail, again=work.again,
            evidence={"type": work.inspection.feedback, "proof": work.reading.trust.proof.value},
        )  # fmt: skip
    elif judgement.effect is Effect.UNSUBSCRIBE:
        unsubscribe_delivery(
            work.delivery, by="complaint", source=work.source, everything=True, raw_mail=work.mail, again=work.again
        )
    return True


def complain(
    delivery: Delivery, *, source: str, platform: bool, evidence: dict[str, Any], raw_mail: RawMail | None = None,
    again: bool = False,
) -> None:  # fmt: skip
    """The recipient of a delivery complains (R-79). Runs inside `tenancy.account(...)` of the delivery."""
    fresh = _feedback(delivery, FeedbackKind.COMPLAINT, raw_mail=raw_mail)
    if delivery.contact_id is not None and (fresh or not again):
        lists.record_complaint(
            delivery.contact_id, source=source, at=raw_mail.received_at if raw_mail else clock.now(), platform=platform,
            evidence={"delivery": delivery.id, **evidence},
        )  # fmt: skip


def _unsubscribe_by_mail(work: _Work) -> bool:
    request = parse_unsubscribe_mail(bytes(work.mail.raw), [work.mail.envelope_to], work.mail.envelope_from)
    if request.is_answering_machine:
        _record(work, FeedbackKind.AUTO_REPLY)
        return True
    return _unsubscribe(work)


def _unsubscribe(work: _Work) -> bool:
    by = "mailto" if work.reading.address.kind is RecipientKind.UNSUBSCRIBE else "reply"
    unsubscribe_delivery(work.delivery, by=by, source=work.source, raw_mail=work.mail, again=work.again)
    return True


def unsubscribe_delivery(
    delivery: Delivery, *, by: str, source: str, everything: bool = False, raw_mail: RawMail | None = None,
    ip: str | None = None, user_agent: str = "", again: bool = False,
) -> None:  # fmt: skip
    """Take the recipient of a delivery off its list, or off everything; at once and for queued messages too (R-42)."""
    if delivery.contact_id is None:
        return
    fresh = _feedback(delivery, FeedbackKind.UNSUBSCRIBE, raw_mail=raw_mail, text=by)
    if fresh or not again:
        lists.unsubscribe(
            delivery.contact_id, list_id=None if everything else delivery.mailing_list_id, by=by, source=source,
            ip=ip, user_agent=user_agent,
        )  # fmt: skip


def _record(work: _Work, kind: FeedbackKind) -> bool:
    """Record the fact; False when it is on record already, so that reading twice acts once."""
    inspection = work.inspection
    return _feedback(
        work.delivery, kind, raw_mail=work.mail, status=inspection.status or "", reason=inspection.reason or "",
        text=inspection.failures[0].diagnostic if inspection.failures else "",
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


def _close(mail: RawMail, reading: Reading, state: RawMailState, reason: str) -> None:
    if reading.inspection.error:
        reason = f"{reason}; {reading.inspection.error}".removeprefix("; ")
    if state == RawMailState.UNREAD:
        log.info("mail waits for a person", raw_mail=mail.id, kind=reading.kind, reason=reason)
    mail.state, mail.kind, mail.reason, mail.reading = state, reading.kind.value, reason, reading.as_json()
    mail.handled_at = mail.handled_at or clock.now()
    if reading.target is not None:
        mail.delivery_id, mail.account_id = reading.target.delivery_id, reading.target.account_id
    mail.save(update_fields=["state", "kind", "reason", "reading", "handled_at", "desk", "delivery_id", "account"])
