"""Sealing the ledger: every event gets into exactly one seal, in whatever order writers commit. Ids are assigned in
order but commit in any, so nothing above the lowest that might still commit is sealed; no writer waits. Then no
genuine row can appear below, and `ledger_verification` finds forged ones. A lock keeps sealers apart, and the table
refuses a fork of the chain.
"""

import struct
import time
from datetime import datetime

import structlog
from django.db import connection

from mailflatrate.apps.consent.ledger import event_sql
from mailflatrate.apps.consent.models import ConsentSeal, ConsentStamp
from mailflatrate.apps.consent.signing_keys import ensure_signing_key, key_in_use, private_key
from mailflatrate.base import tenancy
from mailflatrate.base.tenancy import PlatformReason
from mailflatrate.rules.proof import merkle
from mailflatrate.rules.proof.record import FIRST_PREVIOUS, SealRecord, moment_text
from mailflatrate.rules.proof.signature import sign_seal
from mailflatrate.rules.proof.stamps import StampRefused, certificate_pem, check_stamp, read_certificates, stamp_request
from mailflatrate.settings.schema import load_settings
from mailflatrate.wire.timestamp import StampUnavailable, ask_authority

MOST_EVENTS = 8_192
PATIENCE_SECONDS = 20.0
POLL_SECONDS = 0.05
_LOCK = 7_161_994_001

# The two halves are read in this order: a writer that finishes between them has committed, and is seen later.
_HIGHEST = "SELECT coalesce(max(id), 0) FROM consent_event"
_WRITERS = """
SELECT virtualtransaction FROM pg_locks
WHERE relation = 'consent_event'::regclass AND granted AND pid <> pg_backend_pid()
  AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
  AND mode IN ('RowExclusiveLock', 'ShareRowExclusiveLock', 'ExclusiveLock', 'AccessExclusiveLock')
"""
_BATCH = f"""
SELECT e.id, convert_to({event_sql("e")}, 'UTF8') FROM consent_event e
WHERE e.id > %s AND e.id <= %s ORDER BY e.id LIMIT %s
"""  # noqa: S608  # made of constants

log = structlog.get_logger(__name__)


def seal_ledger(*, patience_seconds: float = PATIENCE_SECONDS, most: int = MOST_EVENTS) -> list[int]:
    """Return the new seals' numbers. Safe to repeat or run concurrently."""
    ensure_signing_key()
    horizon = _horizon(patience_seconds)
    made: list[int] = []
    while horizon is not None:
        with tenancy.platform(PlatformReason.HOUSEKEEPING):
            number = _seal_batch(horizon, most)
        if number is None:
            break
        made.append(number)
    return made


def _horizon(patience_seconds: float) -> int | None:
    """Below it everything is committed or rolled back; None if a writer takes too long."""
    with tenancy.platform(PlatformReason.HOUSEKEEPING), connection.cursor() as cursor:
        cursor.execute(_HIGHEST)
        highest = int(cursor.fetchone()[0])
        cursor.execute(_WRITERS)
        waiting_for = {row[0] for row in cursor.fetchall()}
    deadline = time.monotonic() + patience_seconds
    while waiting_for:
        if time.monotonic() > deadline:
            log.warning("sealer_waits_for_a_writer", writers=sorted(waiting_for))
            return None
        time.sleep(POLL_SECONDS)
        with tenancy.platform(PlatformReason.HOUSEKEEPING), connection.cursor() as cursor:
            cursor.execute(_WRITERS)
            waiting_for &= {row[0] for row in cursor.fetchall()}
    return highest


def _seal_batch(horizon: int, most: int) -> int | None:
    """In the running transaction; None if there are none."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])
        last = ConsentSeal.objects.order_by("-number").only("number", "up_to_id", "seal_hash").first()
        after_id = last.up_to_id if last else 0
        cursor.execute(_BATCH, [after_id, horizon, most])
        rows = cursor.fetchall()
        if not rows:
            return None
        cursor.execute("SELECT clock_timestamp()")
        sealed_at: datetime = cursor.fetchone()[0]
    leaves = [merkle.leaf_hash(bytes(text)) for _, text in rows]
    seal = SealRecord(
        number=last.number + 1 if last else 1,
        sealed_at=moment_text(sealed_at),
        after_id=after_id,
        up_to_id=rows[-1][0],
        events=len(rows),
        root=merkle.root(leaves),
        previous=bytes(last.seal_hash) if last else FIRST_PREVIOUS,
    )
    key = key_in_use()
    signature = sign_seal(private_key(key), seal.hash()) if key else None
    ConsentSeal.objects.create(
        number=seal.number, sealed_at=sealed_at, after_id=seal.after_id, up_to_id=seal.up_to_id, events=seal.events,
        ids=pack_ids([event_id for event_id, _ in rows]), leaves=b"".join(leaves), root=seal.root,
        previous=seal.previous, seal_hash=seal.hash(), signed_by=key, signature=signature,
    )  # fmt: skip
    return seal.number


def pack_ids(ids: list[int]) -> bytes:
    """As stored: 8 bytes each, most significant first."""
    return struct.pack(f">{len(ids)}q", *ids)


def unpack_ids(packed: bytes) -> list[int]:
    """Raises ValueError for invalid bytes."""
    count, rest = divmod(len(packed), 8)
    if rest:
        raise ValueError("the bytes aren't a whole number of IDs")
    return list(struct.unpack(f">{count}q", packed))


def record_of(seal: ConsentSeal) -> SealRecord:
    """In the form that is hashed."""
    return SealRecord(
        seal.number,
        moment_text(seal.sealed_at),
        seal.after_id,
        seal.up_to_id,
        seal.events,
        bytes(seal.root),
        bytes(seal.previous),
    )


def stamp_newest() -> ConsentStamp | None:
    """Covers earlier seals. None if not needed, impossible, or after a bad answer, which is logged and tried again."""
    settings = load_settings()
    if settings.tsa_url is None:
        return None
    with tenancy.platform(PlatformReason.HOUSEKEEPING):
        seal = ConsentSeal.objects.order_by("-number").only("number", "seal_hash").first()
        if seal is None or ConsentStamp.objects.filter(seal=seal).exists():
            return None
    seal_hash = bytes(seal.seal_hash)
    try:
        if settings.tsa_certificates is None:
            raise StampRefused("MAILFLATRATE_TSA_CERTIFICATES doesn't name the trusted certificates")
        believed = read_certificates(settings.tsa_certificates.read_bytes())
        request = stamp_request(seal_hash)
        answer = ask_authority(settings.tsa_url, request.octets)
        stamp = check_stamp(answer, seal_hash, believed, nonce=request.nonce)
    except (StampUnavailable, StampRefused, OSError) as problem:
        log.warning("seal_not_stamped", seal=seal.number, problem=str(problem))
        return None
    with tenancy.platform(PlatformReason.HOUSEKEEPING):
        return ConsentStamp.objects.create(
            seal=seal,
            authority=stamp.authority,
            url=settings.tsa_url,
            stamped_at=stamp.at,
            answer=answer,
            believed="".join(map(certificate_pem, believed)),
        )
