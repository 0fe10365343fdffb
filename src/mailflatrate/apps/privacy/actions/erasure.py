"""Erasing a person from one account: everything that names them is deleted, anonymous proof is kept (R-94, R-96)."""

from django.db import transaction
from django.utils.translation import gettext as _

from mailflatrate.apps.abuse.models import CaseState, Report
from mailflatrate.apps.accounts.models import User
from mailflatrate.apps.lists.actions import erasure, exports, imports, moves, suppression_files
from mailflatrate.apps.lists.models import ConsentKind, Contact
from mailflatrate.apps.privacy import personal_traces
from mailflatrate.apps.privacy.errors import PrivacyError
from mailflatrate.apps.privacy.models import DataRequestKind, DataRequestState, PrivacyRequest
from mailflatrate.base import audit, clock, tenancy
from mailflatrate.base.tenancy import PlatformReason


@transaction.atomic
def erase_person(
    contact_id: int, *, by: audit.Actor, source: str, kind: ConsentKind = ConsentKind.ERASED
) -> dict[str, int]:
    """Erase one person; return how many rows of each kind were wiped, empty if there is no such contact.

    Some records are kept: the keyed hash of the address, suppressed (not after EXPIRED); the ledger's events without
    their personal halves; counts of campaigns; the audit log, which names no recipient.
    """
    contact = Contact.objects.select_for_update().filter(id=contact_id).first()
    if contact is None:
        return {}
    person = personal_traces.find_person(contact.id, contact.email, bytes(contact.address_key))
    counts = personal_traces.wipe(person) | {
        "uploads": imports.drop_uploads_naming(contact.email)
        + moves.drop_moves_naming(contact.email)
        + suppression_files.drop_suppression_files_naming(contact.email),
        "exports": exports.drop_exports(),
    }
    erasure.erase_contact(contact_id, kind=kind, source=source)
    audit.record(
        f"person.{kind.value}",
        by=by,
        account_id=tenancy.current_account_id(),
        subject=f"contact:{contact_id}",
        reason=source,
        details=counts,
    )
    return counts


@transaction.atomic
def erase_for_customer(contact_id: int, *, by: User) -> dict[str, int]:
    """Erase a person on behalf of the customer, who is responsible for the data.

    Raises PrivacyError for an unknown contact, and while the abuse desk has an open case about the address, because
    it needs the proof of consent. A person's own request for erasure is carried out even then.
    """
    contact = Contact.objects.filter(id=contact_id).first()
    if contact is None:
        raise PrivacyError(_("This contact doesn't exist."))
    if _in_open_case(bytes(contact.address_key)):
        raise PrivacyError(_("We're looking into a report about this person. Erase them once it's resolved."))
    now = clock.now()
    request = PrivacyRequest.objects.create(
        kind=DataRequestKind.ERASURE, state=DataRequestState.CONFIRMED, contact_id=contact_id,
        address_key=bytes(contact.address_key), started_by=by, requested_at=now, expires_at=now, confirmed_at=now,
    )  # fmt: skip
    counts = erase_person(contact_id, by=audit.person(by), source=f"privacy request {request.id}")
    request.state, request.done_at, request.outcome = DataRequestState.DONE, clock.now(), counts
    request.save(update_fields=["state", "done_at", "outcome"])
    return counts


def _in_open_case(address_key: bytes) -> bool:
    account_id = tenancy.current_account_id()
    with tenancy.platform(PlatformReason.PERSON):
        reports = Report.objects.filter(account_id=account_id, address_key=address_key)
        return reports.exclude(case__state=CaseState.CLOSED).exists()
