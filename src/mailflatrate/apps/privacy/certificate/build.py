"""Collects the proof of one subscription from the ledger, its seals and the time stamps on them."""

from collections.abc import Iterator, Sequence
from typing import Any

from django.db import connection
from django.utils import translation

from mailflatrate.apps.accounts.facts import structured_imprint
from mailflatrate.apps.accounts.queries import current_account
from mailflatrate.apps.campaigns.queries import newest_imprint
from mailflatrate.apps.consent.ledger import evidence_sql
from mailflatrate.apps.consent.models import ConsentSeal, ConsentStamp
from mailflatrate.apps.consent.seals import record_of, unpack_ids
from mailflatrate.apps.consent.signing_keys import KEYS_PATH, key_in_use, private_key
from mailflatrate.apps.forms.models import FormVersion
from mailflatrate.apps.intake.models import Import
from mailflatrate.apps.lists.models import Contact, MailingList, Subscription
from mailflatrate.apps.privacy.errors import PrivacyError
from mailflatrate.base import clock, tenancy
from mailflatrate.rules.imprint import imprint_lines
from mailflatrate.rules.proof import merkle
from mailflatrate.rules.proof.elements import ProofEvent, elements_of
from mailflatrate.rules.proof.record import CERTIFICATE_FORM, EventRecord, moment_text, read_evidence
from mailflatrate.rules.proof.signature import key_id, sign_certificate
from mailflatrate.settings.schema import load_settings

MOST_SEALS_TO_A_STAMP = 500
"""A certificate carries the chain from its seal to the next stamped one, unless that is further away than this."""
_EVENTS = f"""
SELECT e.id, e.contact_id, e.mailing_list_id, e.kind, e.occurred_at, e.recorded_at, e.source_import_id,
    encode(e.commitment, 'hex'), encode(v.salt, 'hex'), {evidence_sql("v")}
FROM consent_event e LEFT JOIN consent_evidence v ON v.event_id = e.id AND v.account_id = e.account_id
WHERE e.account_id = %s AND e.contact_id = %s AND (e.mailing_list_id = %s OR e.mailing_list_id IS NULL)
ORDER BY e.id
"""  # noqa: S608  # made of constants


@tenancy.needs_account
def build_certificate(contact_id: int, list_id: int, *, language: str) -> dict[str, Any]:
    """Parts erased, not sealed yet or never there are listed as missing. Raises PrivacyError if never on the list."""
    contact = Contact.objects.filter(id=contact_id).first()
    mailing_list = MailingList.objects.filter(id=list_id).first()
    with translation.override(language):
        if contact is None or mailing_list is None:
            raise PrivacyError(translation.gettext("There is no record of this person on this list."))
        return _build(contact, mailing_list, language)


def _build(contact: Contact, mailing_list: MailingList, language: str) -> dict[str, Any]:
    events = proof_events(contact.id, mailing_list.id)
    if not events:
        raise PrivacyError(translation.gettext("There is no record of this person on this list."))
    numbers, inclusions = _inclusions([event.record for event, _ in events])
    seals, stamps = _chain(numbers)
    account = current_account()
    settings = load_settings()
    proof = [event for event, _ in events]
    subscription = Subscription.objects.filter(contact=contact, mailing_list=mailing_list).first()
    made = {
        "format": CERTIFICATE_FORM,
        "issued_at": moment_text(clock.now()),
        "language": language,
        "service": {
            "name": settings.service_name,
            "domain": settings.service_domain,
            "keys": f"{settings.public_url}{KEYS_PATH}",
        },
        "account": {"id": account.id, "name": account.name, "imprint": _imprint(language)},
        "person": {"contact": contact.id, "email": contact.email, "name": contact.full_name},
        "list": {"id": mailing_list.id, "name": mailing_list.public_name, "code": mailing_list.code},
        "state": _state(subscription),
        "elements": [element.as_json() for element in elements_of(proof)],
        "imports": _imports(proof),
        "events": [
            {
                "event": event.record.as_json(),
                "evidence": None if salt is None else {"salt": salt[0], "text": salt[1], "fields": event.evidence},
                "inclusion": inclusions.get(event.record.id),
            }
            for event, salt in events
        ],
        "seals": [{**record_of(seal).as_json(), "signature": _signature(seal)} for seal in seals],
        "time_stamps": [
            {
                "seal": stamp.seal_id,
                "authority": stamp.authority,
                "at": moment_text(stamp.stamped_at),
                "answer": bytes(stamp.answer).hex(),
                "believed": stamp.believed,
            }
            for stamp in stamps
        ],
    }
    key = key_in_use()
    if key is None:
        raise PrivacyError(translation.gettext("The service has no signing key yet. Run mailflatrate migrate."))
    return {**made, "signature": sign_certificate(private_key(key), made)}


def proof_events(contact_id: int, list_id: int) -> list[tuple[ProofEvent, tuple[str, str] | None]]:
    """Return one person's events on one list, each with salt (hexadecimal) and exact text of its personal half."""
    account_id = tenancy.current_account_id()
    with connection.cursor() as cursor:
        cursor.execute(_EVENTS, [account_id, contact_id, list_id])
        rows: list[tuple[Any, ...]] = cursor.fetchall()
    events = []
    for event_id, contact, mailing_list, kind, occurred, recorded, source_import, commitment, salt, text in rows:
        record = EventRecord(
            event_id, account_id, contact, mailing_list, kind, moment_text(occurred), moment_text(recorded),
            source_import, commitment,
        )  # fmt: skip
        sealed = None if salt is None else (salt, text)
        events.append((ProofEvent(record, read_evidence(text) if sealed else None), sealed))
    return events


def _inclusions(records: Sequence[EventRecord]) -> tuple[set[int], dict[int, dict[str, Any]]]:
    """Return the numbers of the seals concerned, and each event's path to the root of its seal."""
    numbers: set[int] = set()
    inclusions: dict[int, dict[str, Any]] = {}
    waiting = [record.id for record in records]
    while waiting:
        seal = ConsentSeal.objects.filter(after_id__lt=waiting[0], up_to_id__gte=waiting[0]).first()
        if seal is None:
            break  # not sealed yet, and neither is any later one
        ids = unpack_ids(bytes(seal.ids))
        places = {event_id: index for index, event_id in enumerate(ids)}
        packed = bytes(seal.leaves)
        leaves = [packed[at : at + merkle.HASH_OCTETS] for at in range(0, len(packed), merkle.HASH_OCTETS)]
        for event_id in (sealed_id for sealed_id in waiting if sealed_id <= seal.up_to_id):
            index = places.get(event_id)
            if index is not None:
                path = [step.hex() for step in merkle.inclusion_path(leaves, index)]
                inclusions[event_id] = {"seal": seal.number, "index": index, "path": path}
                numbers.add(seal.number)
        waiting = [later_id for later_id in waiting if later_id > seal.up_to_id]
    return numbers, inclusions


def _chain(numbers: set[int]) -> tuple[list[ConsentSeal], list[ConsentStamp]]:
    seal_numbers = set(numbers)
    stamps: dict[int, ConsentStamp] = {}
    for number in numbers:
        nearest = ConsentStamp.objects.filter(
            seal_id__gte=number, seal_id__lte=number + MOST_SEALS_TO_A_STAMP
        ).order_by("seal_id", "id")
        stamp = nearest.first()
        if stamp is not None:
            stamps[stamp.seal_id] = stamp
            seal_numbers |= set(range(number, stamp.seal_id + 1))
    seals = (
        ConsentSeal.objects.filter(number__in=seal_numbers)
        .select_related("signed_by")
        .defer("ids", "leaves")
        .order_by("number")
    )
    return list(seals), [stamps[number] for number in sorted(stamps)]


def _signature(seal: ConsentSeal) -> dict[str, str] | None:
    """Return the service's signature on a seal; None if the seal is older than the first key."""
    if seal.signed_by is None or seal.signature is None:
        return None
    return {"key": key_id(bytes(seal.signed_by.public_key)), "value": bytes(seal.signature).hex()}


def _state(subscription: Subscription | None) -> dict[str, Any]:
    if subscription is None:
        return {"state": "none", "since": None}
    since = {"unsubscribed": subscription.unsubscribed_at, "confirmed": subscription.confirmed_at}.get(
        subscription.state, subscription.created_at
    )
    return {"state": subscription.state, "since": moment_text(since) if since else None}


def _imprint(language: str) -> list[str]:
    imprint = structured_imprint(newest_imprint())
    if imprint is None:
        return []
    return [str(line) for line in imprint_lines(imprint, language)]


def _imports(events: Sequence[ProofEvent]) -> list[dict[str, Any]]:
    imports = []
    ids = [event.record.source_import for event in events if event.record.source_import is not None]
    jobs = {job.id: job for job in Import.objects.filter(id__in=ids)}
    for event in events:
        job = jobs.get(event.record.source_import or 0)
        if job is not None:
            imports.append(
                {
                    "event": event.record.id,
                    "import": job.id,
                    "file": job.file_name,
                    "sha256": job.file_sha256,
                    "line": event.detail("line"),
                    "columns": job.mapping,
                    "by": job.created_by.email if job.created_by else None,
                    "at": moment_text(job.created_at),
                }
            )
    return imports


def form_versions(certificate: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the frozen form versions that a certificate's events name, as they were published (R-28)."""
    digests = {event.get("form_sha256") for event in _details(certificate)} - {None}
    rows = FormVersion.objects.filter(sha256__in=digests).select_related("form").order_by("id")
    return [
        {
            "form": row.form.name,
            "code": row.form.code,
            "version": row.number,
            "sha256": row.sha256,
            "published_at": moment_text(row.published_at),
            "content": row.content,
        }
        for row in rows
    ]


def _details(certificate: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for item in certificate["events"]:
        fields = (item["evidence"] or {}).get("fields") or {}
        if isinstance(fields.get("details"), dict):
            yield fields["details"]
