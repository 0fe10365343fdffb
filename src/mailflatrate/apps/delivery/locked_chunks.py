"""A type for chunks whose rows the current transaction has locked: code that needs the lock takes
this type (ADR 0041).
"""

from typing import NewType

from django.db.models import QuerySet

from mailflatrate.apps.delivery.models import Chunk, ChunkState

LockedChunk = NewType("LockedChunk", Chunk)
"""A chunk that no other transaction can change. Only this module makes one."""


def locked_chunks(rows: QuerySet[Chunk]) -> list[LockedChunk]:
    """Return these chunks, locked until the transaction ends."""
    return [LockedChunk(chunk) for chunk in rows.select_for_update()]


def locked_claim(chunk_id: int, claimed_by: str) -> LockedChunk | None:
    """Return a chunk that this sender has claimed, locked; None if it has no such claim any longer."""
    claims = Chunk.objects.filter(id=chunk_id, claimed_by=claimed_by, state=ChunkState.SENDING)
    return next(iter(locked_chunks(claims)), None)


def new_chunk(campaign_id: int | None, number: int, provider: str) -> LockedChunk:
    """Create an empty chunk. Other transactions cannot see its row until this one ends."""
    return LockedChunk(Chunk.objects.create(campaign_id=campaign_id, number=number, size=0, provider=provider))
