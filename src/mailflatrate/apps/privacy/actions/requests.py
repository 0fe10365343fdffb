"""What a person asks about his data, from any mail he got, without signing in (R-94).

Whoever holds a mail may ask, because mails are forwarded; nothing happens before a mail to the address itself was
answered by a click on a button. So a forwarded mail gives nobody anything, and nobody can flood a mailbox with it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.utils import translation
from django.utils.translation import gettext as _

from mailflatrate.apps.accounts.actions import send_notice
from mailflatrate.apps.accounts.models import Account, NoticeKind
from mailflatrate.apps.delivery.models import DeliveryRecord
from mailflatrate.apps.lists import actions as lists
from mailflatrate.apps.lists.models import Contact
from mailflatrate.apps.privacy.actions.erasure import erase_person
from mailflatrate.apps.privacy.actions.links import request_url
from mailflatrate.apps.privacy.actions.moving import ask_new_address
from mailflatrate.apps.privacy.errors import PrivacyError
from mailflatrate.apps.privacy.models import PrivacyRequest, RequestKind, RequestState
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
class Visitor:
    """Who stands before the page: address of his network and browser, as R-29 keeps them."""

    ip: str | None
    user_agent: str


@transaction.atomic
def ask(
    delivery: DeliveryRecord, kind: RequestKind, *, everywhere: bool, values: Mapping[str, str], language: str,
    visitor: Visitor,
) -> bool:  # fmt: skip
    """Take a request from the page of a mail, and write to the address to have it confirmed. True when a mail goes out.

    Too many in a day send no further mail; the page says the same either way. Raises PrivacyError where the person of
    the mail is not there any more.
    """
    contact = Contact.objects.select_for_update().filter(id=delivery.contact_id or 0).first()
    if contact is None:
        raise PrivacyError(_("Nothing about you is stored here any more."))
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
    with translation.override(language):
        subject, text = _mail(request, contact.email)
    send_notice(request.account_id, NoticeKind.PRIVACY, contact.email, subject=subject, text=text, language=language)
    return True


def _values(kind: RequestKind, values: Mapping[str, str]) -> dict[str, str]:
    if kind == RequestKind.ADDRESS:
        return {"email": values.get("email", "")[:254]}
    if kind == RequestKind.TRACKING:
        return {"wording": values["wording"]}
    if kind != RequestKind.CORRECTION:
        return {}
    limits = {"first_name": MOST_NAME_CHARACTERS, "last_name": MOST_NAME_CHARACTERS, "note": MOST_NOTE_CHARACTERS}
    return {key: " ".join(values.get(key, "").split())[:most] for key, most in limits.items()}


def _mail(request: PrivacyRequest, email: str) -> tuple[str, str]:
    sender = Account.objects.get(id=request.account_id).name
    what = {
        RequestKind.ACCESS: _("to see what is stored about you"),
        RequestKind.CORRECTION: _("to correct what is stored about you"),
        RequestKind.ERASURE: _("to erase what is stored about you"),
        RequestKind.OBJECTION: _("to object to mailings to you"),
        RequestKind.ADDRESS: _("to send your mailings to %(new)s from now on")
        % {"new": masked_address(request.values.get("email", ""))},
        RequestKind.TRACKING: _("to record which links you click"),
    }[RequestKind(request.kind)]
    values = {"sender": sender, "what": what, "email": email, "days": round(value("privacy_confirm_days"))}
    values["url"] = request_url(request)
    text = _(
        "Somebody asked %(sender)s %(what)s, from a mailing that went to %(email)s.\n\n"
        "If it was you, please confirm it here within %(days)d days:\n%(url)s\n\n"
        "If it was not you, you need not do anything: without your confirmation nothing happens."
    )
    return _("Please confirm your request to %(sender)s") % values, text % values


@transaction.atomic
def confirm(request_id: int, *, ip: str | None, user_agent: str = "") -> PrivacyRequest:
    """The person said yes from the mail to his own address. Carried out at once; for other customers by jobs.

    Repeated, it does nothing more. Raises PrivacyError when it came too late or the person is gone.
    """
    request = PrivacyRequest.objects.select_for_update().filter(id=request_id).first()
    if request is None or request.started_by_id is not None:
        raise PrivacyError(_("There is no such request."))
    if request.state in (RequestState.CONFIRMED, RequestState.DONE):
        return request
    now = clock.now()
    if request.state == RequestState.EXPIRED or request.expires_at < now:
        raise PrivacyError(_("This request was not confirmed in time. Please ask again from one of your mailings."))
    request.state, request.confirmed_at = RequestState.CONFIRMED, now
    # What was asked stays to be looked at for the same time again.
    request.expires_at = now + timedelta(days=value("privacy_confirm_days"))
    request.save(update_fields=["state", "confirmed_at", "expires_at"])
    if request.everywhere:
        _spread(request)
    _carry_out(request, Visitor(ip, user_agent))
    return request


def _spread(request: PrivacyRequest) -> None:
    """Give every other customer who knows the address a request of his own; none of them names another."""
    with tenancy.platform(PlatformReason.PERSON):
        others = known_elsewhere(request)
        for account_id, contact_id in others:
            copy = PrivacyRequest.objects.create(
                account_id=account_id, kind=request.kind, state=RequestState.CONFIRMED, contact_id=contact_id,
                address_key=bytes(request.address_key), everywhere=True, language=request.language,
                values=request.values, requested_at=request.requested_at, confirmed_at=request.confirmed_at,
                expires_at=request.expires_at,
            )  # fmt: skip
            jobs.defer(CARRY_OUT, jobs.Queue.HOUSE, account_id=account_id, request_id=copy.id)


def carry_out(account_id: int, request_id: int) -> None:
    """Do for one customer what a person confirmed with another one. Repeated, it does nothing."""
    with tenancy.account(account_id):
        request = PrivacyRequest.objects.select_for_update().filter(id=request_id).first()
        if request is not None and request.state == RequestState.CONFIRMED:
            _carry_out(request, Visitor(None, ""))


def _carry_out(request: PrivacyRequest, visitor: Visitor) -> None:
    contact = Contact.objects.filter(id=request.contact_id or 0).first()
    source = f"privacy request {request.id}"
    outcome: dict[str, Any] = {}
    if contact is not None:
        if request.kind == RequestKind.ERASURE:
            outcome = erase_person(contact.id, by=_WHO, source=source)
        elif request.kind == RequestKind.OBJECTION:
            outcome = {"ended": lists.object_to_mail(contact.id, source=source, ip=visitor.ip)}
        elif request.kind == RequestKind.ADDRESS:
            ask_new_address(request, contact)
        elif request.kind == RequestKind.TRACKING:
            lists.choose_tracking(
                contact.id, agrees=True, wording=request.values["wording"], language=request.language, source=source,
                ip=visitor.ip, user_agent=visitor.user_agent[:500],
            )  # fmt: skip
        elif request.kind == RequestKind.CORRECTION:
            lists.edit_contact(
                contact.id, first_name=request.values.get("first_name") or contact.first_name,
                last_name=request.values.get("last_name") or contact.last_name, attributes=contact.attributes,
            )  # fmt: skip
        if request.kind != RequestKind.ERASURE:
            audit.record(
                f"person.{request.kind}", by=_WHO, account_id=request.account_id, subject=f"contact:{contact.id}",
                reason=source, details=outcome,
            )  # fmt: skip
    request.state, request.done_at, request.outcome = RequestState.DONE, clock.now(), outcome
    # Erasure has emptied the row meanwhile; only these three are written.
    PrivacyRequest.objects.filter(id=request.id).update(state=request.state, done_at=request.done_at, outcome=outcome)


def expire_requests() -> int:
    """Close what nobody confirmed in time; how many. Looks across all accounts."""
    with tenancy.platform(PlatformReason.HOUSEKEEPING):
        late = PrivacyRequest.objects.filter(state=RequestState.ASKED, expires_at__lt=clock.now())
        return late.update(state=RequestState.EXPIRED, values={}, ip=None, user_agent="")
