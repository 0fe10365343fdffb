"""Index the addresses that a message names, so that erasure need not read all again; by a job, also for older rows."""

from datetime import datetime
from typing import Any

from django.db import connection
from django.db.models import QuerySet

from mailflatrate.apps.inbound.models import DeskState, InboxMessage, RawMail
from mailflatrate.base import tenancy
from mailflatrate.base.ids import canonical_address_key
from mailflatrate.base.tenancy import PlatformReason
from mailflatrate.mail.reading.named_addresses import named_addresses, names_one

TOO_MANY = b""
"""Replaces the keys if a message names more addresses than are kept: an erasure then has it read again."""
TOGETHER = 100
TABLES: tuple[type[RawMail] | type[InboxMessage], ...] = (RawMail, InboxMessage)


def keys_of(raw: bytes, *envelope: str) -> list[bytes]:
    addresses = named_addresses(raw, *envelope)
    if addresses is None:
        return [TOO_MANY]
    return sorted(map(canonical_address_key, addresses))


def note_some(model: type[RawMail] | type[InboxMessage]) -> int:
    """Index the addresses of the oldest messages not yet indexed, in a transaction; return how many there were."""
    with tenancy.platform(PlatformReason.MAIL_IN):
        waiting = model.objects.select_for_update(skip_locked=True).filter(address_keys=None).order_by("id")
        rows: list[Any] = list(waiting.only("id", "raw", "envelope_from", "envelope_to")[:TOGETHER])
        with connection.cursor() as cursor:
            cursor.executemany(
                f'UPDATE "{model._meta.db_table}" SET address_keys = %s::bytea[] WHERE id = %s',  # noqa: S608
                [(keys_of(bytes(row.raw), row.envelope_from, row.envelope_to), row.id) for row in rows],
            )
    return len(rows)


def is_all_noted(before: datetime) -> bool:
    with tenancy.platform(PlatformReason.MAIL_IN):
        return not any(model.objects.filter(address_keys=None, received_at__lte=before).exists() for model in TABLES)


@tenancy.needs_platform
def with_too_many(before: datetime) -> QuerySet[RawMail]:
    return RawMail.objects.filter(address_keys__contains=[TOO_MANY], desk=DeskState.NO, received_at__lte=before)


def note_wanted(address_key: bytes, before: datetime) -> None:
    """Index one address in those messages that name too many addresses to index them all."""
    with tenancy.platform(PlatformReason.MAIL_IN):
        for row in with_too_many(before).only("id", "raw", "envelope_from").iterator(chunk_size=10):
            if names_one(bytes(row.raw), lambda key: canonical_address_key(key) == address_key, row.envelope_from):
                RawMail.objects.filter(id=row.id).update(address_keys=[TOO_MANY, address_key])
