"""A customer whose ledger has a few events, and the database owner who changes what nobody may change."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

import psycopg

from mailflatrate.apps.consent import ledger
from mailflatrate.apps.consent.models import ConsentSeal
from mailflatrate.apps.consent.verification import LedgerFault, LedgerReport, verify_ledger
from mailflatrate.apps.lists.models import ConsentKind, Contact
from mailflatrate.base import clock, tenancy
from mailflatrate.base.ids import key_ring
from support.customers import Customer, customer_with_list
from support.scope import rows

Connection = psycopg.Connection[Any]


@dataclass(frozen=True)
class LedgerCustomer(Customer):
    """A customer and the ledger: `events` of one contact, in order."""

    contact_id: int = 0
    events: tuple[int, ...] = ()

    def write(self, kind: ConsentKind = ConsentKind.WITHDRAWN) -> int:
        """One more event."""
        with tenancy.account(self.account_id):
            evidence = ledger.EventEvidence(email="dora@leser.example", source="test", confirmed_ip="203.0.113.9")
            return ledger.append(self.contact_id, self.list_id, kind, clock.now(), evidence)

    def seal_of(self, event_id: int) -> int:
        """The number of the seal that covers an event."""
        seal = rows(self, ConsentSeal).filter(after_id__lt=event_id, up_to_id__gte=event_id).only("number").get()
        return seal.number


def customer_with_ledger(name: str = "Anna", events: int = 5) -> LedgerCustomer:
    """A customer with one contact and a few events about it."""
    account = customer_with_list(name)
    with tenancy.account(account.account_id):
        key = key_ring().suppression_key("dora@leser.example")
        contact = Contact.objects.create(email="dora@leser.example", address_key=key)
    made = LedgerCustomer(account.account_id, account.list_id, contact_id=contact.id)
    return replace(made, events=tuple(made.write(ConsentKind.CONFIRMED) for _ in range(events)))


@contextmanager
def tampering(owner_url: str) -> Iterator[Connection]:
    """Open the owner's connection with triggers off; whatever it does is rolled back."""
    with psycopg.connect(owner_url) as owner:
        owner.execute("SET LOCAL session_replication_role = replica")
        try:
            yield owner
        finally:
            owner.rollback()


def looked_at(connection: Connection) -> LedgerReport:
    """Return the result of the verification as this connection sees it."""
    return verify_ledger(connection)


def faults_of(report: LedgerReport, *account_ids: int) -> list[LedgerFault]:
    """Faults about events of these accounts, and about seals."""
    return [fault for fault in report.faults if fault.account_id in (None, *account_ids)]
