"""Data requests, made without signing in from any message (R-94). Messages are forwarded, so nothing happens before a
click in an email to the address itself: nothing is given away, and no mailbox is flooded.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from mailflatrate.apps.accounts.actions.notices import send_mail
from mailflatrate.apps.accounts.models import Account, NoticeKind
from mailflatrate.apps.accounts.service_mail import Facts
from mailflatrate.apps.delivery.models import DeliveryRecord
from mailflatrate.apps.lists.actions import consent, contacts, tracking
from mailflatrate.apps.lists.changes import ChangeAuthor, name_author
from mailflatrate.apps.lists.errors import ListError
from mailflatrate.apps.lists.models import ChangeSource, Contact
from mailflatrate.apps.privacy.actions.address_change import ask_new_address
from mailflatrate.apps.privacy.actions.erasure import erase_person
from mailflatrate.apps.privacy.actions.links import request_url
from mailflatrate.apps.privacy.errors import PrivacyError
from mailflatrate.apps.privacy.models import DataRequestKind, DataRequestState, PrivacyRequest
from mailflatrate.apps.privacy.queries import known_elsewhere
from mailflatrate.base import audit, clock, jobs, tenancy
from mailflatrate.base.tenancy import PlatformReason
from mailflatrate.mail.address import masked_address
from mailflatrate.rules.limits import value

CARRY_OUT = "privacy.carry_out"
MOST_NAME_CHARACTERS = 120
MOST_NOTE_CHARACTERS = 2_000
_WHO = audit.machine("privacy.person")


@dataclass(frozen=True, slots=True)
class RequesterInfo:
    """The visitor who makes the request: their network address and browser, stored as R-29 requires."""

    ip: str | None
    user_agent: str


@transaction.atomic
def ask(
    delivery: DeliveryRecord,
    kind: DataRequestKind,
    *,
    everywhere: bool,
    values: Mapping[str, Any],
    language: str,
    visitor: RequesterInfo,
) -> bool:
    """True if an email is sent; after too many in a day none is, and the page says the same. Raises PrivacyError."""
    contact = Contact.objects.select_for_update().filter(id=delivery.contact_id or 0).first()
    if contact is None:
        raise PrivacyError(_("Data about you is no longer stored here."))
    now = clock.now()
    today = PrivacyRequest.objects.filter(contact_id=contact.id, requested_at__gt=now - timedelta(days=1))
    if today.filter(started_by=None).count() >= value("privacy_mails_per_day"):
        return False
    request = PrivacyRequest.objects.create(
        kind=kind, contact_id=contact.id, delivery_id=delivery.id, address_key=bytes(contact.address_key),
        everywhere=everywhere, language=language, values=_values(kind, values), requested_at=now,
        expires_at=now + timedelta(days=value("privacy_confirm_days")), ip=visitor.ip,
        user_agent=visitor.user_agent[:500],
    )  # fmt: skip
    send_mail(
        request.account_id,
        NoticeKind.PRIVACY,
        contact.email,
        "privacy/mail/request",
        lambda: _asked(request, contact.email),
        language=language,
    )
    return True


def _values(kind: DataRequestKind, values: Mapping[str, Any]) -> dict[str, Any]:
    if kind == DataRequestKind.ADDRESS:
        return {"email": values.get("email", "")[:254]}
    if kind == DataRequestKind.TRACKING:
        return {"wording": values["wording"]}
    if kind != DataRequestKind.CORRECTION:
        return {}
    limits = {"first_name": MOST_NAME_CHARACTERS, "last_name": MOST_NAME_CHARACTERS, "note": MOST_NOTE_CHARACTERS}
    texts = {key: " ".join(values.get(key, "").split())[:most] for key, most in limits.items()}
    return {**texts, **{key: values[key] for key in ("fields", "labels") if key in values}}


def _asked(request: PrivacyRequest, email: str) -> Facts:
    sender = Account.objects.get(id=request.account_id).name
    what = {
        DataRequestKind.ACCESS: _("to see the data stored about you"),
        DataRequestKind.CORRECTION: _("to correct the data stored about you"),
        DataRequestKind.ERASURE: _("to erase the data stored about you"),
        DataRequestKind.OBJECTION: _("to stop emailing you"),
        DataRequestKind.ADDRESS: _("to send your emails to %(new)s from now on")
        % {"new": masked_address(request.values.get("email", ""))},
        DataRequestKind.TRACKING: _("to record which links you click"),
    }[DataRequestKind(request.kind)]
    return {
        "sender": sender,
        "what": what,
        "email": email,
        "days": round(value("privacy_confirm_days")),
        "url": request_url(request),
    }


@transaction.atomic
def confirm(request_id: int, *, ip: str | None, user_agent: str = "") -> PrivacyRequest:
    """Carried out at once; for other customers, by jobs. Idempotent. Raises PrivacyError if it came too late."""
    request = PrivacyRequest.objects.select_for_update().filter(id=request_id).first()
    if request is None or request.started_by_id is not None:
        raise PrivacyError(_("This request doesn't exist."))
    if request.state in (DataRequestState.CONFIRMED, DataRequestState.DONE):
        return request
    now = clock.now()
    if request.state == DataRequestState.EXPIRED or request.expires_at < now:
        raise PrivacyError(_("This request wasn't confirmed in time. Make the request again from one of your emails."))
    request.state, request.confirmed_at = DataRequestState.CONFIRMED, now
    # A request remains visible for the same period again.
    request.expires_at = now + timedelta(days=value("privacy_confirm_days"))
    request.save(update_fields=["state", "confirmed_at", "expires_at"])
    if request.everywhere:
        _spread(request)
    _carry_out(request, RequesterInfo(ip, user_agent))
    return request


def _spread(request: PrivacyRequest) -> None:
    """Give every other customer who knows the address a separate request; none of them names another."""
    with tenancy.platform(PlatformReason.PERSON):
        others = known_elsewhere(request)
        for account_id, contact_id in others:
            copy = PrivacyRequest.objects.create(
                account_id=account_id, kind=request.kind, state=DataRequestState.CONFIRMED, contact_id=contact_id,
                address_key=bytes(request.address_key), everywhere=True, language=request.language,
                values=request.values, requested_at=request.requested_at, confirmed_at=request.confirmed_at,
                expires_at=request.expires_at,
            )  # fmt: skip
            jobs.defer(CARRY_OUT, jobs.JobQueue.HOUSE, account_id=account_id, request_id=copy.id)


def carry_out(account_id: int, request_id: int) -> None:
    """Carry out for one customer a request that a person confirmed with another customer. Idempotent."""
    with tenancy.account(account_id):
        request = PrivacyRequest.objects.select_for_update().filter(id=request_id).first()
        if request is not None and request.state == DataRequestState.CONFIRMED:
            _carry_out(request, RequesterInfo(None, ""))


def _carry_out(request: PrivacyRequest, visitor: RequesterInfo) -> None:
    contact = Contact.objects.filter(id=request.contact_id or 0).first()
    source = f"privacy request {request.id}"
    outcome: dict[str, Any] = {}
    if contact is not None:
        name_author(ChangeAuthor(ChangeSource.PERSON))
        if request.kind == DataRequestKind.ERASURE:
            outcome = erase_person(contact.id, by=_WHO, source=source)
        elif request.kind == DataRequestKind.OBJECTION:
            outcome = {"ended": consent.object_to_mail(contact.id, source=source, ip=visitor.ip)}
        elif request.kind == DataRequestKind.ADDRESS:
            ask_new_address(request, contact)
        elif request.kind == DataRequestKind.TRACKING:
            tracking.choose_tracking(
                contact.id,
                agrees=True,
                wording=request.values["wording"],
                language=request.language,
                source=source,
                ip=visitor.ip,
                user_agent=visitor.user_agent[:500],
            )
        elif request.kind == DataRequestKind.CORRECTION:
            _correct(request, contact)
        if request.kind != DataRequestKind.ERASURE:
            audit.record(
                f"person.{request.kind}",
                by=_WHO,
                account_id=request.account_id,
                subject=f"contact:{contact.id}",
                reason=source,
                details=outcome,
            )
    request.state, request.done_at, request.outcome = DataRequestState.DONE, clock.now(), outcome
    # Erasure has emptied the row meanwhile; only these three are written.
    PrivacyRequest.objects.filter(id=request.id).update(state=request.state, done_at=request.done_at, outcome=outcome)


def _correct(request: PrivacyRequest, contact: Contact) -> None:
    """Change what the person filled in. Raises PrivacyError if a field no longer takes its value."""
    try:
        contacts.change_contact(
            contact.id,
            first_name=request.values.get("first_name") or None,
            last_name=request.values.get("last_name") or None,
            attributes=request.values.get("fields", {}),
        )
    except ListError as problem:
        raise PrivacyError(_("This can no longer be changed. Make the request again.")) from problem


def expire_requests() -> int:
    with tenancy.platform(PlatformReason.HOUSEKEEPING):
        late = PrivacyRequest.objects.filter(state=DataRequestState.ASKED, expires_at__lt=clock.now())
        return late.update(state=DataRequestState.EXPIRED, values={}, ip=None, user_agent="")
