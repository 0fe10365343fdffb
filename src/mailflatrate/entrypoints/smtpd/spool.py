"""Stores messages in batches: a client gets its 250 when the batch of its message is committed."""

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Generic, TypeVar

from django.db import close_old_connections

T = TypeVar("T")

BATCH = 100


class Spool(Generic[T]):
    """A spool with one writer thread; messages that arrive while it writes form the next batch."""

    def __init__(self, store: Callable[[Sequence[T]], object]) -> None:
        self._store = store
        self._waiting: asyncio.Queue[tuple[T, asyncio.Future[None]]] = asyncio.Queue()
        self._thread = ThreadPoolExecutor(max_workers=1)
        self._writer = asyncio.get_running_loop().create_task(self._write())

    async def put(self, item: T) -> None:
        """Return once `item` is on disk. Raises exceptions of the store."""
        stored: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.put_nowait((item, stored))
        await stored

    async def close(self) -> None:
        """Stop the writer once the queue is empty."""
        await self._waiting.join()
        self._writer.cancel()
        self._thread.shutdown()

    async def _write(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            batch = [await self._waiting.get()]
            while len(batch) < BATCH and not self._waiting.empty():
                batch.append(self._waiting.get_nowait())
            try:
                await loop.run_in_executor(self._thread, self._store_fresh, [item for item, _ in batch])
            except Exception as problem:  # noqa: BLE001  each sender is told, and tries again later
                for _, stored in batch:
                    stored.set_exception(problem)
            else:
                for _, stored in batch:
                    if not stored.cancelled():
                        stored.set_result(None)
            for _ in batch:
                self._waiting.task_done()

    def _store_fresh(self, items: Sequence[T]) -> None:
        close_old_connections()
        self._store(items)
