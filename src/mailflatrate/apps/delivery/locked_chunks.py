"""Chunks that the current transaction has locked, as a type (ADR 0041)."""

from typing import NewType

from django.db.models import QuerySet

from mailflatrate.apps.delivery.models import Chunk, ChunkState

LockedChunk = NewType("LockedChunk", Chunk)
"""Only this module makes one (ADR 0041)."""


def locked_chunks(rows: QuerySet[Chunk]) -> list[LockedChunk]:
    return [LockedChunk(chunk) for chunk in rows.select_for_update()]


def locked_claim(chunk_id: int, claimed_by: str) -> LockedChunk | None:
    """None if this sender has no such claim any longer."""
    claims = Chunk.objects.filter(id=chunk_id, claimed_by=claimed_by, state=ChunkState.SENDING)
    return next(iter(locked_chunks(claims)), None)


def new_chunk(campaign_id: int | None, number: int, provider: str) -> LockedChunk:
    return LockedChunk(Chunk.objects.create(campaign_id=campaign_id, number=number, size=0, provider=provider))
