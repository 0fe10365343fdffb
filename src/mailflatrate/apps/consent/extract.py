"""The ledger's record of single events and seals."""

from django.db.models import Q

from mailflatrate.apps.consent.models import ConsentEvent, ConsentSeal
from mailflatrate.apps.consent.signing_keys import published_keys
from mailflatrate.base import tenancy
from mailflatrate.base.tenancy import PlatformReason
from mailflatrate.rules.proof.record import EventRecord, moment_text
from mailflatrate.rules.proof.verdict import LedgerExtract, NamedRows
from mailflatrate.settings.schema import load_settings


def ledger_extract(named: NamedRows) -> LedgerExtract:
    """By number, across accounts, with the service's keys; unknown ones are missing."""
    with tenancy.platform(PlatformReason.HOUSEKEEPING):
        events = {event.id: _record(event) for event in ConsentEvent.objects.filter(id__in=named.event_ids)}
        seals = ConsentSeal.objects.filter(number__in=named.seal_numbers).values_list("number", "seal_hash")
        theirs = ConsentEvent.objects.filter(account_id=named.account, contact_id=named.contact)
        on_the_list = theirs.filter(Q(mailing_list_id=named.mailing_list) | Q(mailing_list_id=None))
        return LedgerExtract(
            service_domain=load_settings().service_domain,
            events=events,
            history=[_record(event) for event in on_the_list.order_by("id")],
            seal_hashes={number: bytes(seal_hash) for number, seal_hash in seals},
            keys={key.id: key for key in published_keys()},
        )


def _record(event: ConsentEvent) -> EventRecord:
    return EventRecord(
        event.id, event.account_id, event.contact_id, event.mailing_list_id, event.kind, moment_text(event.occurred_at),
        moment_text(event.recorded_at), event.source_import_id, bytes(event.commitment).hex(),
    )  # fmt: skip
