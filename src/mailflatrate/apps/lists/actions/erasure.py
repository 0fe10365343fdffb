"""Erases people from the lists: personal data is deleted, anonymous proof stays and verifies (R-94, R-96). Only
`privacy` calls it for whole people, as only it knows every app; `forms` may expire a sign-up (R-34).
"""

from collections.abc import Collection, Mapping, Sequence

from django.db import connection, transaction

from mailflatrate.apps.consent import ledger
from mailflatrate.apps.consent.models import ConsentEvidence
from mailflatrate.apps.lists.models import GONE, ConsentKind
from mailflatrate.apps.suppression.actions import SuppressionEntry, suppress_many
from mailflatrate.base import clock, tenancy
from mailflatrate.base.ids import mailbox_keys
from mailflatrate.rules import sql
from mailflatrate.rules.contacts.suppression import SuppressionReason

_LOCK = """SELECT id, address_key, email FROM contact
    WHERE account_id = %s AND id = ANY(%s::bigint[]) ORDER BY id FOR UPDATE"""
_SAID_NO = f"""SELECT DISTINCT w.contact_id FROM consent_event w
    WHERE w.account_id = %s AND w.contact_id = ANY(%s::bigint[]) AND {sql.stands("w")}"""  # noqa: S608  # made of constants
_EVENTS = "SELECT id FROM consent_event WHERE account_id = %s AND contact_id = ANY(%s::bigint[])"
# The database deletes what belongs to a contact and has a key that says so.
_DELETE = (
    "DELETE FROM subscription WHERE account_id = %s AND contact_id = ANY(%s::bigint[])",
    "DELETE FROM contact WHERE account_id = %s AND id = ANY(%s::bigint[])",
)


@tenancy.needs_account
@transaction.atomic
def erase_contacts(sources: Mapping[int, str], *, kind: ConsentKind = ConsentKind.ERASED) -> None:
    """With a ledger event each. `sources`: contact -> what asked for it. After ERASED (by person or customer) the
    keyed hashes stay suppressed, for imports, forms and asks. After EXPIRED (retention of proof) those of people
    who said no stay unsubscribed, which a sign-up ends (ADR 0087).
    """
    assert kind in GONE
    account_id = tenancy.current_account_id()
    with connection.cursor() as cursor:
        cursor.execute(_LOCK, [account_id, list(sources)])
        keys = {int(id_): (bytes(key), mailbox_keys(email).mailbox) for id_, key, email in cursor.fetchall()}
        ids = list(keys)
        cursor.execute(_SAID_NO, [account_id, ids])
        said_no = {int(contact_id) for (contact_id,) in cursor.fetchall()}
        cursor.execute(_EVENTS, [account_id, ids])
        _erase_evidence(ids, [int(event_id) for (event_id,) in cursor.fetchall()], kind)
        is_erased = kind == ConsentKind.ERASED
        reason = SuppressionReason.ERASED if is_erased else SuppressionReason.UNSUBSCRIBE
        evidence = {"rule": "R-94" if is_erased else "R-95"}
        suppress_many(
            [
                SuppressionEntry(key, reason, sources[contact_id], evidence, mailbox)
                for contact_id, (key, mailbox) in keys.items()
                if is_erased or contact_id in said_no
            ]
        )
        for statement in _DELETE:
            cursor.execute(statement, [account_id, ids])


@transaction.atomic
def expire_request(contact_id: int, list_id: int, event_ids: Collection[int]) -> None:
    """Only its personal half (R-34). The events stay and say that it expired."""
    _erase_evidence([contact_id], event_ids, ConsentKind.EXPIRED, list_id=list_id)


def _erase_evidence(
    contact_ids: Sequence[int], event_ids: Collection[int], kind: ConsentKind, *, list_id: int | None = None
) -> None:
    """Append the events with the reason; delete these personal halves under the one role that may."""
    ledger.append_bare(contact_ids, kind, clock.now(), list_id=list_id)
    with tenancy.eraser():
        ConsentEvidence.objects.filter(event_id__in=event_ids).delete()
