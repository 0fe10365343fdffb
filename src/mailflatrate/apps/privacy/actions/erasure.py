"""Erases people from one account: all that identifies them goes, anonymous proof stays (R-94, R-96). One person or a
thousand take the same statements, in one transaction.
"""

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from django.db import connection, transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from mailflatrate.apps.abuse.models import CaseState, Report
from mailflatrate.apps.accounts.models import User
from mailflatrate.apps.intake.actions import imports, moves, suppression_files
from mailflatrate.apps.lists.actions import erasure
from mailflatrate.apps.lists.models import ConsentKind, Contact
from mailflatrate.apps.privacy import personal_traces
from mailflatrate.apps.privacy.errors import PrivacyError
from mailflatrate.apps.privacy.models import DataRequestKind, DataRequestState, PrivacyRequest
from mailflatrate.apps.privacy.people import find_people
from mailflatrate.apps.segments.actions import exports
from mailflatrate.base import audit, clock, tenancy
from mailflatrate.base.tenancy import PlatformReason


def erase_person(
    contact_id: int, *, by: audit.Actor, source: str, kind: ConsentKind = ConsentKind.ERASED
) -> dict[str, int]:
    """Erase one person as `erase_people` does; return how many rows of each kind, empty for an unknown contact."""
    return erase_people({contact_id: source}, by=by, kind=kind).get(contact_id, {})


@tenancy.needs_account
@transaction.atomic
def erase_people(
    sources: Mapping[int, str], *, by: audit.Actor, kind: ConsentKind = ConsentKind.ERASED
) -> dict[int, dict[str, int]]:
    """`sources`: what asked for it, by contact; unknown ones are passed over. What stays: the keyed hashes of each
    address, suppressed (after EXPIRED only if they said no), the ledger's events without their personal halves,
    counts of campaigns, and the audit log, which names no recipient.
    """
    contacts = list(_locked(sources).only("id", "email", "address_key"))
    if not contacts:
        return {}
    people = find_people(contacts)
    wiped = personal_traces.wipe(people)
    dropped = (
        imports.drop_uploads_naming(people.search)
        + moves.drop_moves_naming(people.search)
        + suppression_files.drop_suppression_files_naming(people.search)
    )
    files, running = exports.drop_exports()
    counts = {
        contact_id: {**wiped[place], "uploads": dropped[place], "exports": running + (0 if place else files)}
        for contact_id, place in people.contacts.items()
    }
    erasure.erase_contacts({contact_id: sources[contact_id] for contact_id in counts}, kind=kind)
    audit.record_all(
        f"person.{kind.value}",
        [
            audit.AuditLine(f"contact:{contact_id}", sources[contact_id], details)
            for contact_id, details in counts.items()
        ],
        by=by,
        account_id=people.account_id,
    )
    return counts


def erase_for_customer(contact_id: int, *, by: User) -> dict[str, int]:
    """Raises PrivacyError for an unknown contact, and while the abuse desk has an open case about the address."""
    result = erase_many_for_customer([contact_id], by=by)
    if contact_id in result.held:
        raise PrivacyError(_("We're looking into a report about this person. Erase them once it's resolved."))
    if contact_id not in result.wiped:
        raise PrivacyError(_("This contact doesn't exist."))
    return result.wiped[contact_id]


@dataclass(frozen=True, slots=True)
class ErasedContacts:
    """`wiped`: rows of each kind for each contact; `held`: kept for now. Contacts in neither don't exist."""

    wiped: Mapping[int, dict[str, int]]
    held: frozenset[int]


@tenancy.needs_account
@transaction.atomic
def erase_many_for_customer(contact_ids: Collection[int], *, by: User) -> ErasedContacts:
    """On behalf of the customer, with a data request each. Those in an open case of the abuse desk are held, because
    it needs the proof of consent; a person's own request is carried out even then.
    """
    contacts = list(_locked(contact_ids).values_list("id", "address_key"))
    keys = {contact_id: bytes(key) for contact_id, key in contacts}
    reported = _in_open_cases(keys.values())
    held = frozenset(contact_id for contact_id, key in keys.items() if key in reported)
    requests = _record_requests([contact_id for contact_id in keys if contact_id not in held], by)
    sources = {contact_id: f"privacy request {request_id}" for contact_id, request_id in requests.items()}
    wiped = erase_people(sources, by=audit.person(by))
    _settle({requests[contact_id]: counts for contact_id, counts in wiped.items()})
    return ErasedContacts(wiped, held)


_REQUESTS = f"""
INSERT INTO privacy_request (account_id, kind, state, contact_id, address_key, everywhere, language, values, outcome,
    started_by_id, requested_at, expires_at, confirmed_at)
SELECT account_id, '{DataRequestKind.ERASURE.value}', '{DataRequestState.CONFIRMED.value}', id, address_key, false,
    '{PrivacyRequest._meta.get_field("language").default}', '{{}}', '{{}}', %s, moment, moment, moment
FROM contact, (SELECT %s::timestamptz AS moment) AS now WHERE account_id = %s AND id = ANY(%s::bigint[]) ORDER BY id
RETURNING contact_id, id
"""  # noqa: S608  made of constants


def _record_requests(contact_ids: list[int], by: User) -> dict[int, int]:
    with connection.cursor() as cursor:
        cursor.execute(_REQUESTS, [by.id, clock.now(), tenancy.current_account_id(), contact_ids])
        return {int(contact_id): int(request_id) for contact_id, request_id in cursor.fetchall()}


def _locked(contact_ids: Collection[int]) -> QuerySet[Contact]:
    """Return the contacts in the order in which everyone locks several of them."""
    return Contact.objects.select_for_update().filter(id__in=list(contact_ids)).order_by("id")


def _settle(outcomes: Mapping[int, dict[str, int]]) -> None:
    values: list[Any] = [
        list(outcomes),
        [json.dumps(outcome) for outcome in outcomes.values()],
        tenancy.current_account_id(),
    ]
    with connection.cursor() as cursor:
        cursor.execute(
            """UPDATE privacy_request r SET state = %s, done_at = %s, outcome = t.outcome::jsonb
            FROM unnest(%s::bigint[], %s::text[]) AS t (id, outcome) WHERE r.account_id = %s AND r.id = t.id""",
            [DataRequestState.DONE.value, clock.now(), *values],
        )


def _in_open_cases(address_keys: Collection[bytes]) -> frozenset[bytes]:
    account_id = tenancy.current_account_id()
    with tenancy.platform(PlatformReason.PERSON):
        reports = Report.objects.filter(account_id=account_id, address_key__in=list(address_keys))
        keys = reports.exclude(case__state=CaseState.CLOSED).values_list("address_key", flat=True)
        return frozenset(bytes(key) for key in keys if key is not None)
