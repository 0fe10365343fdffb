"""Verification of the whole ledger, in one streaming pass; every hash is computed here. It cannot detect that the
newest seals were removed with their events: a certificate held elsewhere, or a time stamp, shows that.
"""

import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import Enum
from hashlib import sha256
from typing import Any

import psycopg

from mailflatrate.apps.consent.ledger import event_sql, evidence_sql
from mailflatrate.apps.consent.seals import unpack_ids
from mailflatrate.rules.contacts.audience_states import GONE, ConsentKind
from mailflatrate.rules.proof import merkle
from mailflatrate.rules.proof.record import FIRST_PREVIOUS, NO_EVIDENCE, SealRecord, moment_text
from mailflatrate.rules.proof.signature import seal_signature_holds
from mailflatrate.rules.proof.stamps import StampRefused, check_stamp, read_certificates

MOST_FAULTS = 1_000
UNSEALED_PAGE = 8_192
BEGINNING = datetime(2000, 1, 1, tzinfo=UTC)
OVERDUE_MINUTES = 15
"""An older event in no seal was slipped in, or the sealer does not run."""
LONGEST_TRANSACTION = timedelta(hours=1)
"""An event is recorded when its transaction begins. One older than this before the previous seal was written later
than it says.
"""

Connection = psycopg.Connection[tuple[Any, ...]]

_EVENTS = f"""
SELECT e.id, '\\x00'::bytea || convert_to({event_sql("e")}, 'UTF8'), e.commitment,
    v.salt || convert_to({evidence_sql("v")}, 'UTF8'), e.account_id, e.contact_id, e.mailing_list_id, e.kind,
    e.recorded_at < %s
FROM consent_event e LEFT JOIN consent_evidence v ON v.event_id = e.id
WHERE e.id > %s AND e.id <= %s ORDER BY e.id LIMIT %s
"""  # noqa: S608  # made of constants
_SEALS = """
SELECT s.number, s.sealed_at, s.after_id, s.up_to_id, s.events, s.ids, s.leaves, s.root, s.previous, s.seal_hash,
    s.signature, k.public_key
FROM consent_seal s LEFT JOIN signing_key k ON k.id = s.signed_by_id ORDER BY s.number
"""
_STAMPS = """
SELECT s.number, s.seal_hash, t.answer, t.believed, t.stamped_at, t.authority
FROM consent_stamp t JOIN consent_seal s ON s.number = t.seal_id ORDER BY s.number
"""
_GONE = "SELECT account_id, contact_id, mailing_list_id, kind, id FROM consent_event WHERE kind = ANY(%s) ORDER BY id"
_TWICE = """
SELECT array_agg(id ORDER BY id), min(account_id) FROM consent_event WHERE kind <> ALL(%s)
GROUP BY commitment HAVING count(*) > 1 ORDER BY 1 LIMIT %s
"""
_ORPHANS = """
SELECT v.event_id, v.account_id, e.id IS NULL FROM consent_evidence v LEFT JOIN consent_event e ON e.id = v.event_id
WHERE e.id IS NULL OR e.account_id <> v.account_id ORDER BY 1 LIMIT %s
"""


class FaultKind(Enum):
    EVENT_CHANGED = "event changed"
    EVENT_REMOVED = "event removed"
    EVENT_INSERTED = "event inserted"
    EVENT_OVERDUE = "event not sealed in time"
    EVENT_BACKDATED = "event backdated"
    EVENT_TWICE = "two events with one commitment"
    EVIDENCE_CHANGED = "evidence changed"
    EVIDENCE_REMOVED = "evidence removed"
    EVIDENCE_INSERTED = "evidence inserted"
    SEAL_CHANGED = "seal changed"
    SEAL_REMOVED = "seal removed"
    STAMP_REFUSED = "time stamp does not hold"


@dataclass(frozen=True, slots=True)
class LedgerFault:
    kind: FaultKind
    sentence: str
    event_id: int | None = None
    account_id: int | None = None
    seal: int | None = None


@dataclass(slots=True)
class LedgerReport:
    """`unsealed`: ids of events awaiting their seal; `faults` stop at MOST_FAULTS."""

    events: int = 0
    erased: int = 0
    seals: int = 0
    stamps: int = 0
    unsealed: list[int] = field(default_factory=list)
    faults: list[LedgerFault] = field(default_factory=list)
    fault_count: int = 0
    head: bytes = FIRST_PREVIOUS
    seconds: float = 0.0

    @property
    def good(self) -> bool:
        return self.fault_count == 0

    def add(self, fault: LedgerFault) -> None:
        self.fault_count += 1
        if len(self.faults) < MOST_FAULTS:
            self.faults.append(fault)


@dataclass(frozen=True, slots=True)
class _Seal:
    record: SealRecord
    sealed_at: datetime
    ids: bytes
    leaves: bytes
    stored_hash: bytes
    signature: bytes | None
    public_key: bytes | None


_Row = tuple[int, bytes, bytes, bytes | None, int, int, int | None, str, bool]


class _ErasedHalves:
    def __init__(self, connection: Connection) -> None:
        self._explained: dict[tuple[int, int, int | None], int] = {}
        self._erased: dict[tuple[int, int], int] = {}
        for account_id, contact_id, list_id, kind, event_id in connection.execute(
            _GONE, [[kind.value for kind in GONE]]
        ).fetchall():
            self._explained[account_id, contact_id, list_id] = event_id
            if kind == ConsentKind.ERASED and list_id is None:
                self._erased[account_id, contact_id] = event_id

    def explains(self, event_id: int, account_id: int, contact_id: int, list_id: int | None) -> bool:
        """True if the evidence of this event may be missing."""
        by_contact = self._explained.get((account_id, contact_id, None), 0)
        return max(by_contact, self._explained.get((account_id, contact_id, list_id), 0)) > event_id

    def erased(self, event_id: int, account_id: int, contact_id: int) -> int:
        """The erasure after which nothing personal may be left; 0 for none."""
        erased_by = self._erased.get((account_id, contact_id), 0)
        return erased_by if erased_by > event_id else 0


def verify_ledger(connection: Connection, *, progress: Callable[[int], None] | None = None) -> LedgerReport:
    """`connection` sees all rows, in a transaction that should be REPEATABLE READ. `progress` gets the number of
    events so far.
    """
    began = time.monotonic()
    report = LedgerReport()
    gone = _ErasedHalves(connection)
    after_id, previous, sealed_at = 0, FIRST_PREVIOUS, BEGINNING
    for seal in _seals(connection):
        _check_chain(report, seal, previous, after_id)
        span = _Span(seal.record.after_id, seal.record.up_to_id, sealed_at - LONGEST_TRANSACTION)
        _check_batch(report, seal, _events(connection, span), gone)
        after_id, previous, sealed_at = seal.record.up_to_id, seal.record.hash(), seal.sealed_at
        if progress:
            progress(report.events)
    report.head = previous
    _check_unsealed(report, connection, after_id, gone)
    _check_whole(report, connection)
    _check_stamps(report, connection)
    report.seconds = time.monotonic() - began
    return report


def _seals(connection: Connection) -> Iterator[_Seal]:
    """In order, one in memory at a time."""
    with connection.cursor(name="seals", binary=True) as cursor:
        cursor.itersize = 1
        cursor.execute(_SEALS)
        for number, at, after_id, up_to_id, events, ids, leaves, root, previous, stored, signature, key in cursor:
            record = SealRecord(number, moment_text(at), after_id, up_to_id, events, root, previous)
            yield _Seal(record, at, ids, leaves, stored, signature, key)


@dataclass(frozen=True, slots=True)
class _Span:
    after_id: int
    up_to_id: int
    earliest: datetime
    limit: int | None = None


def _events(connection: Connection, span: _Span) -> list[_Row]:
    with connection.cursor(binary=True) as cursor:
        return cursor.execute(_EVENTS, [span.earliest, span.after_id, span.up_to_id, span.limit]).fetchall()


def _check_chain(report: LedgerReport, seal: _Seal, previous: bytes, after_id: int) -> None:
    record = seal.record
    report.seals += 1
    if record.number != report.seals:
        missing = f"seal {report.seals}" + (f" to {record.number - 1}" if record.number - 1 > report.seals else "")
        report.add(LedgerFault(FaultKind.SEAL_REMOVED, f"{missing} is missing", seal=report.seals))
        report.seals = record.number
    elif seal.signature is not None and not seal_signature_holds(seal.public_key or b"", seal.signature, record.hash()):
        sentence = f"seal {record.number}: the service's signature on it does not hold"
        report.add(LedgerFault(FaultKind.SEAL_CHANGED, sentence, seal=record.number))
    elif record.previous != previous or record.after_id != after_id:
        sentence = f"seal {record.number} does not continue seal {record.number - 1}: one of them was changed"
        report.add(LedgerFault(FaultKind.SEAL_CHANGED, sentence, seal=record.number))
    if record.hash() != seal.stored_hash:
        sentence = f"seal {record.number} was changed: its columns do not give its hash"
        report.add(LedgerFault(FaultKind.SEAL_CHANGED, sentence, seal=record.number))


def _check_batch(report: LedgerReport, seal: _Seal, rows: list[_Row], gone: _ErasedHalves) -> None:
    leaves = [sha256(row[1]).digest() for row in rows]
    report.events += len(rows)
    if not leaves or len(leaves) != seal.record.events or merkle.root(leaves) != seal.record.root:
        _name_events(report, seal, rows, leaves)
    elif b"".join(leaves) != seal.leaves or [row[0] for row in rows] != _ids(seal):
        sentence = f"seal {seal.record.number} was changed: its list of leaves is not the one of its root"
        report.add(LedgerFault(FaultKind.SEAL_CHANGED, sentence, seal=seal.record.number))
    for row in rows:
        if row[8]:
            sentence = f"event {row[0]} of account {row[4]} was written later than it says: it is only in seal "
            sentence += str(seal.record.number)
            report.add(LedgerFault(FaultKind.EVENT_BACKDATED, sentence, row[0], row[4], seal.record.number))
    _check_evidence(report, rows, gone)


def _ids(seal: _Seal) -> list[int]:
    try:
        return unpack_ids(seal.ids)
    except ValueError:
        return []


def _name_events(report: LedgerReport, seal: _Seal, rows: list[_Row], leaves: list[bytes]) -> None:
    number, ids = seal.record.number, _ids(seal)
    kept = [seal.leaves[at : at + 32] for at in range(0, len(seal.leaves), 32)]
    if len(kept) != len(ids) or not kept or merkle.root(kept) != seal.record.root:
        sentence = f"seal {number} was changed: neither its events nor its list of leaves give its root"
        report.add(LedgerFault(FaultKind.SEAL_CHANGED, sentence, seal=number))
    sealed = dict(zip(ids, kept, strict=False))
    present = {row[0]: (row, leaf) for row, leaf in zip(rows, leaves, strict=True)}
    for event_id in sorted(sealed.keys() | present.keys()):
        if event_id not in present:
            sentence = f"event {event_id}, sealed in seal {number}, is gone"
            report.add(LedgerFault(FaultKind.EVENT_REMOVED, sentence, event_id, seal=number))
            continue
        row, leaf = present[event_id]
        account_id = row[4]
        if event_id not in sealed:
            sentence = f"event {event_id} of account {account_id} was slipped in: seal {number} does not know it"
            report.add(LedgerFault(FaultKind.EVENT_INSERTED, sentence, event_id, account_id, number))
        elif sealed[event_id] != leaf:
            sentence = f"event {event_id} of account {account_id} was changed after seal {number}"
            report.add(LedgerFault(FaultKind.EVENT_CHANGED, sentence, event_id, account_id, number))


def _check_evidence(report: LedgerReport, rows: list[_Row], gone: _ErasedHalves) -> None:
    """Each matches its commitment, or is missing because the person was erased."""
    gone_kinds = {kind.value for kind in GONE}
    for event_id, _, commitment, salted, account_id, contact_id, list_id, kind, _overdue in rows:
        erased_by = gone.erased(event_id, account_id, contact_id)
        if salted is not None and not erased_by and sha256(salted).digest() == commitment:
            continue
        where = f"of event {event_id}, account {account_id}"
        if kind in gone_kinds:
            if salted is not None or commitment != NO_EVIDENCE:
                sentence = f"evidence {where} was added to an event that has none"
                report.add(LedgerFault(FaultKind.EVIDENCE_INSERTED, sentence, event_id, account_id))
        elif salted is None and gone.explains(event_id, account_id, contact_id, list_id):
            report.erased += 1
        elif salted is None:
            sentence = f"the evidence {where} is gone, and no erasure says why"
            report.add(LedgerFault(FaultKind.EVIDENCE_REMOVED, sentence, event_id, account_id))
        elif sha256(salted).digest() != commitment:
            sentence = f"the evidence {where} was changed: it does not give the event's commitment"
            report.add(LedgerFault(FaultKind.EVIDENCE_CHANGED, sentence, event_id, account_id))
        else:
            sentence = f"the evidence {where} is there although event {erased_by} says that the person was erased"
            report.add(LedgerFault(FaultKind.EVIDENCE_INSERTED, sentence, event_id, account_id))


def _check_unsealed(report: LedgerReport, connection: Connection, after_id: int, gone: _ErasedHalves) -> None:
    limit = connection.execute("SELECT now() - %s", [timedelta(minutes=OVERDUE_MINUTES)]).fetchone()
    assert limit is not None
    while rows := _events(connection, _Span(after_id, 2**63 - 1, limit[0], UNSEALED_PAGE)):
        report.events += len(rows)
        for row in rows:
            report.unsealed.append(row[0])
            if row[8]:
                sentence = f"event {row[0]} of account {row[4]} is older than {OVERDUE_MINUTES} minutes and in no seal"
                report.add(LedgerFault(FaultKind.EVENT_OVERDUE, sentence, row[0], row[4]))
        _check_evidence(report, rows, gone)
        after_id = rows[-1][0]


def _check_whole(report: LedgerReport, connection: Connection) -> None:
    """An event copied with its evidence, evidence without an event."""
    for ids, account_id in connection.execute(_TWICE, [[kind.value for kind in GONE], MOST_FAULTS]).fetchall():
        copies = ", ".join(map(str, ids[1:]))
        sentence = f"event {copies} is a copy of event {ids[0]}: it has the same commitment, but each has its own salt"
        report.add(LedgerFault(FaultKind.EVENT_TWICE, sentence, ids[1], account_id))
    orphans: dict[bool, list[tuple[int, int]]] = defaultdict(list)
    for event_id, account_id, without_event in connection.execute(_ORPHANS, [MOST_FAULTS]).fetchall():
        orphans[without_event].append((event_id, account_id))
    for event_id, account_id in orphans[True]:
        sentence = f"evidence of account {account_id} names event {event_id}, which is gone"
        report.add(LedgerFault(FaultKind.EVENT_REMOVED, sentence, event_id, account_id))
    for event_id, account_id in orphans[False]:
        sentence = f"the evidence of event {event_id} was moved to account {account_id}"
        report.add(LedgerFault(FaultKind.EVIDENCE_CHANGED, sentence, event_id, account_id))


def _check_stamps(report: LedgerReport, connection: Connection) -> None:
    for number, seal_hash, answer, believed, _at, authority in connection.execute(_STAMPS).fetchall():
        report.stamps += 1
        try:
            check_stamp(answer, seal_hash, read_certificates(believed.encode()))
        except StampRefused as problem:
            sentence = f"the time stamp of {authority} on seal {number} does not hold: {problem}"
            report.add(LedgerFault(FaultKind.STAMP_REFUSED, sentence, seal=number))
