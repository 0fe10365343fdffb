"""The source of a pool's messages: a plain iterator, or an asynchronous one with a small buffer."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Protocol

from mailflatrate.wire.smtp.types import OutgoingMessage


class MessageSource(Protocol):
    @property
    def exhausted(self) -> bool: ...

    def take(self) -> OutgoingMessage | None:
        """Return the next message, or None when none is available now. Raises exceptions of the caller's iterator."""

    async def close(self) -> list[OutgoingMessage]:
        """Stop fetching; return the messages that were fetched but not taken."""


class PlainSource:
    """A plain iterator, asked at the moment a message can be written; it fetches nothing in advance."""

    def __init__(self, messages: Iterator[OutgoingMessage]) -> None:
        self._messages = messages
        self._exhausted = False

    @property
    def exhausted(self) -> bool:
        return self._exhausted

    def take(self) -> OutgoingMessage | None:
        message = None if self._exhausted else next(self._messages, None)
        self._exhausted = message is None
        return message

    async def close(self) -> list[OutgoingMessage]:
        return []


class AsyncSource:
    """An asynchronous iterator: a task fetches up to `room` messages in advance and calls `wake` for each."""

    def __init__(self, messages: AsyncIterator[OutgoingMessage], room: int, wake: Callable[[], None]) -> None:
        self._messages = messages
        self._room = room
        self._wake = wake
        self._ready: deque[OutgoingMessage] = deque()
        self._taken = asyncio.Event()
        self._problem: Exception | None = None
        self._task = asyncio.ensure_future(self._fetch())
        self._task.add_done_callback(lambda _: wake())

    async def _fetch(self) -> None:
        try:
            async for message in self._messages:
                self._ready.append(message)
                self._wake()
                while len(self._ready) >= self._room:
                    self._taken.clear()
                    await self._taken.wait()
        except Exception as problem:  # noqa: BLE001 - handed to the caller of take, which ends the run with it
            self._problem = problem

    @property
    def exhausted(self) -> bool:
        return self._task.done() and not self._ready and self._problem is None

    def take(self) -> OutgoingMessage | None:
        if self._ready:
            message = self._ready.popleft()
            self._taken.set()
            return message
        if self._problem is not None:
            problem, self._problem = self._problem, None
            raise problem
        return None

    async def close(self) -> list[OutgoingMessage]:
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)
        left = list(self._ready)
        self._ready.clear()
        return left


def make_source(
    messages: Iterator[OutgoingMessage] | AsyncIterator[OutgoingMessage], room: int, wake: Callable[[], None]
) -> MessageSource:
    if isinstance(messages, AsyncIterator):
        return AsyncSource(messages, room, wake)
    return PlainSource(messages)
