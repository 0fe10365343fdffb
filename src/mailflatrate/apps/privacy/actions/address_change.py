"""A change of address: requested from any message, confirmed at the old address and then at the new one, reversible
from the old one. A forwarded message is not enough for any step; if the old mailbox is gone, nothing is carried
over.
"""

from collections.abc import Iterable
from datetime import timedelta

from django.db import transaction
from django.utils.translation import gettext as _

from mailflatrate.apps.accounts.actions.notices import send_mail
from mailflatrate.apps.accounts.models import Account, NoticeKind
from mailflatrate.apps.consent import ledger
from mailflatrate.apps.consent.models import ConsentEvent
from mailflatrate.apps.forms.actions import sign_up
from mailflatrate.apps.forms.errors import FormError
from mailflatrate.apps.forms.models import ConfirmationRequestState as SignupState
from mailflatrate.apps.forms.models import SignupRequest
from mailflatrate.apps.lists.actions import consent, optin
from mailflatrate.apps.lists.changes import ChangeAuthor, name_author
from mailflatrate.apps.lists.models import ChangeSource, ConsentKind, Contact, Subscription, SubscriptionState
from mailflatrate.apps.privacy.actions.erasure import erase_person
from mailflatrate.apps.privacy.actions.links import request_url
from mailflatrate.apps.privacy.errors import PrivacyError
from mailflatrate.apps.privacy.models import DataRequestKind, DataRequestState, PrivacyRequest
from mailflatrate.apps.suppression.queries import strongest
from mailflatrate.base import audit, clock, tenancy
from mailflatrate.mail.address import masked_address
from mailflatrate.rules.limits import value
from mailflatrate.settings.schema import load_settings

_WHO = audit.machine("privacy.person")


def ask_new_address(request: PrivacyRequest, contact: Contact) -> None:
    """After the old mailbox agreed. Nothing changes before the new address confirms. Raises PrivacyError."""
    confirmed = Subscription.objects.filter(contact=contact, state=SubscriptionState.CONFIRMED)
    list_id = confirmed.order_by("id").values_list("mailing_list_id", flat=True).first()
    if list_id is None:
        raise PrivacyError(_("You're no longer on any list, so there's nothing to move."))
    try:
        sign_up.request_address_change(
            contact,
            list_id,
            request.values.get("email", ""),
            language=request.language,
            ip=request.ip,
            user_agent=request.user_agent,
            source_url=f"{load_settings().public_url}/p/",
        )
    except FormError as problem:
        raise PrivacyError(str(problem)) from problem


def note_move(account_id: int, sign_up_id: int) -> None:
    """Tell the old address that the new one confirmed, with an undo link. Idempotent."""
    with tenancy.account(account_id), transaction.atomic():
        moved = SignupRequest.objects.filter(id=sign_up_id, state=SignupState.CONFIRMED).first()
        if moved is None or moved.moves_id is None:
            return
        rows = PrivacyRequest.objects.select_for_update().filter(
            kind=DataRequestKind.ADDRESS,
            contact_id=moved.moves_id,
            state=DataRequestState.DONE,
            values__email=moved.email,
        )
        request = rows.order_by("-id").first()
        old = Contact.objects.filter(id=moved.moves_id).first()
        new = Contact.objects.filter(address_key=bytes(moved.address_key)).first()
        if request is None or old is None or new is None:
            return
        # The ids say what happened; the address itself is kept no longer than needed.
        request.outcome, request.values = {"sign_up": sign_up_id, "moved_to": new.id}, {}
        request.expires_at = clock.now() + timedelta(days=value("privacy_confirm_days"))
        request.save(update_fields=["outcome", "values", "expires_at"])
        facts = {
            "sender": Account.objects.get(id=account_id).name,
            "new": masked_address(new.email),
            "days": round(value("privacy_confirm_days")),
            "url": request_url(request),
        }
        send_mail(
            account_id, NoticeKind.PRIVACY, old.email, "privacy/mail/address_moved", facts, language=request.language
        )


def can_undo(request: PrivacyRequest) -> bool:
    return (
        request.kind == DataRequestKind.ADDRESS
        and "moved_to" in request.outcome
        and "undone" not in request.outcome
        and request.expires_at >= clock.now()
    )


@transaction.atomic
def undo_move(request_id: int, *, ip: str | None, user_agent: str) -> PrivacyRequest:
    """Idempotent. The click confirms the old mailbox anew; an address that said no in the meantime stays off every
    list. Raises PrivacyError if it is too late.
    """
    request = PrivacyRequest.objects.select_for_update().filter(id=request_id, kind=DataRequestKind.ADDRESS).first()
    if request is None:
        raise PrivacyError(_("This request doesn't exist."))
    if "undone" in request.outcome:
        return request
    if not can_undo(request):
        raise PrivacyError(_("This change of address can no longer be undone here. Sign up again instead."))
    source = f"privacy request {request.id}"
    name_author(ChangeAuthor(ChangeSource.PERSON))
    sign_up_id = request.outcome["sign_up"]
    old = Contact.objects.filter(id=request.contact_id or 0).first()
    events = _events_of_move(request.outcome["moved_to"], sign_up_id)
    _take_back(request.outcome["moved_to"], old, events, sign_up_id, source=source)
    returned = _give_back(old, events, sign_up_id, source=source, ip=ip, user_agent=user_agent) if old else 0
    request.outcome = {**request.outcome, "undone": returned}
    request.save(update_fields=["outcome"])
    audit.record(
        "person.address_undone",
        by=_WHO,
        account_id=request.account_id,
        subject=f"contact:{request.contact_id}",
        reason=source,
        details={"lists": returned},
    )
    return request


def _events_of_move(contact_id: int, sign_up_id: int) -> list[ConsentEvent]:
    rows = ConsentEvent.objects.select_related("evidence").filter(contact_id=contact_id, kind=ConsentKind.CONFIRMED)
    return list(rows.filter(evidence__details__request=sign_up_id).order_by("id"))


def _take_back(
    contact_id: int, old: Contact | None, events: Iterable[ConsentEvent], sign_up_id: int, *, source: str
) -> None:
    """Remove the contact from lists joined by the move; erase a person who is here for nothing else."""
    new = Contact.objects.select_for_update().filter(id=contact_id).first()
    if new is None:
        return
    own = ConsentEvent.objects.filter(contact_id=contact_id, evidence__isnull=False)
    own = own.exclude(kind=ConsentKind.WITHDRAWN).exclude(evidence__details__request=sign_up_id)
    if not own.exists():
        erase_person(new.id, by=_WHO, source=f"{source}, undone", kind=ConsentKind.EXPIRED)
        return
    for event in events:
        details = event.evidence.details
        if not details.get("was_confirmed"):
            consent.unsubscribe(new.id, list_id=event.mailing_list_id, by="move_undone", source=source)
        _strip(new, old, details.get("carried", []))


def _strip(new: Contact, old: Contact | None, carried: Iterable[str]) -> None:
    """Remove carried-over values from a contact, unless they were changed since."""
    for name in carried:
        if name in ("first_name", "last_name"):
            if old is None or getattr(new, name) == getattr(old, name):
                setattr(new, name, "")
        elif old is None or new.attributes.get(name) == old.attributes.get(name):
            new.attributes.pop(name, None)
    new.save(update_fields=["first_name", "last_name", "attributes"])


def _give_back(
    old: Contact, events: Iterable[ConsentEvent], sign_up_id: int, *, source: str, ip: str | None, user_agent: str
) -> int:
    """Confirm the old address on the lists it left only because of the move; return how many."""
    if strongest(bytes(old.address_key)) is not None:
        return 0
    left = Subscription.objects.filter(contact=old, state=SubscriptionState.UNSUBSCRIBED, unsubscribed_by="moved")
    list_ids = set(left.values_list("mailing_list_id", flat=True)) & {event.mailing_list_id for event in events}
    now = clock.now()
    evidence = ledger.EventEvidence(
        email=old.email,
        confirmed_at=now,
        confirmed_ip=ip,
        user_agent=user_agent[:500],
        source=source,
        details={"undoes": sign_up_id, "by": "move_undone"},
    )
    person = optin.person_of(old, old.email, bytes(old.address_key))
    for list_id in sorted(given_id for given_id in list_ids if given_id is not None):
        optin.confirm_consent(person, list_id, now, evidence, source=source)
    return len(list_ids)
