"""Requests for events that wait: by long poll, or as server-sent events. One has neither a thread nor a connection,
and each time it asks it runs through the whole application, so a revoked key ends a stream.
"""

import asyncio
import json
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Final
from urllib.parse import parse_qsl, urlencode

import structlog
from django.db import DatabaseError

from mailflatrate.entrypoints.presenters.event_waits import EventWait, find_woken
from mailflatrate.entrypoints.web.serving.request_bodies import ClientGone, Message, Receive
from mailflatrate.entrypoints.web.serving.thread_pools import PoolFull, RequestPool

log = structlog.get_logger("web")

EVENTS_PATH: Final = "/api/v1/events"
LOOK_SECONDS: Final = 0.25
STREAM_SECONDS: Final = 600.0
"""After that a client connects again with its Last-Event-ID, and may reach another process."""
QUIET_SECONDS: Final = 15
"""A stream without events says that it is alive."""
MOST_WAITING: Final = 1_000
MOST_PER_ACCOUNT: Final = 20
STREAM: Final = "text/event-stream"
OK: Final = 200
Send = Callable[[Message], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class WholeAnswer:
    status: int
    headers: list[tuple[bytes, bytes]]
    body: bytes
    wait: EventWait | None = None


Ask = Callable[[bytes], Awaitable[WholeAnswer]]
"""Run the request through the application with another query."""


@dataclass(eq=False)
class _WaitingRequest:
    wait: EventWait
    woken: asyncio.Event = field(default_factory=asyncio.Event)


class EventWatch:
    """Looks for events on behalf of every request of this process that waits."""

    def __init__(self, pool: RequestPool) -> None:
        self._pool = pool
        self._waiting: set[_WaitingRequest] = set()
        self._task: asyncio.Task[None] | None = None

    def has_room(self, account_id: int) -> bool:
        mine = sum(request.wait.account_id == account_id for request in self._waiting)
        return len(self._waiting) < MOST_WAITING and mine < MOST_PER_ACCOUNT

    async def until(self, wait: EventWait, seconds: float) -> bool:
        request = _WaitingRequest(wait)
        self._waiting.add(request)
        if self._task is None or self._task.done():
            self._task = asyncio.ensure_future(self._look())
        try:
            await asyncio.wait_for(request.woken.wait(), seconds)
        except TimeoutError:
            return False
        finally:
            self._waiting.discard(request)
        return True

    async def _look(self) -> None:
        while self._waiting:
            waiting = list(self._waiting)
            try:
                work = self._pool.submit(partial(find_woken, [request.wait for request in waiting]))
                for place in await asyncio.wrap_future(work):
                    waiting[place].woken.set()
            except PoolFull:
                pass
            except DatabaseError as problem:  # it is away: they wait on, and their time runs out
                log.warning("events_not_looked_for", problem=str(problem)[:200])
            await asyncio.sleep(LOOK_SECONDS)


async def answer_events(
    query: bytes, headers: dict[str, str], ask: Ask, watch: EventWatch, receive: Receive, send: Send
) -> None:
    """Answer a request for events. Raises ClientGone."""
    gone = asyncio.ensure_future(_until_gone(receive))
    streams = STREAM in headers.get("accept", "")
    work = asyncio.ensure_future(
        _stream(query, headers, ask, watch, send) if streams else _long_poll(query, ask, watch, send)
    )
    try:
        await asyncio.wait([work, gone], return_when=asyncio.FIRST_COMPLETED)
        if not work.done():
            raise ClientGone
        work.result()
    finally:
        work.cancel()
        gone.cancel()


async def _until_gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        continue


async def _long_poll(query: bytes, ask: Ask, watch: EventWatch, send: Send) -> None:
    answer = await ask(query)
    ends = time.monotonic() + (answer.wait.seconds if answer.wait else 0)
    while answer.wait is not None and watch.has_room(answer.wait.account_id):
        left = ends - time.monotonic()
        if left <= 0 or not await watch.until(answer.wait, left):
            break
        answer = await ask(_after(query, _next(answer)))
    await _send_whole(answer, send)


def _next(answer: WholeAnswer) -> str:
    return str(json.loads(answer.body)["next"])


def _after(query: bytes, cursor: str, **more: str) -> bytes:
    fields: dict[str, str] = dict(parse_qsl(query.decode("latin-1"), keep_blank_values=True))
    return urlencode({**fields, **more, "after": cursor}).encode()


async def _send_whole(answer: WholeAnswer, send: Send) -> None:
    await send({"type": "http.response.start", "status": answer.status, "headers": answer.headers})
    await send({"type": "http.response.body", "body": answer.body, "more_body": False})


async def _stream(query: bytes, headers: dict[str, str], ask: Ask, watch: EventWatch, send: Send) -> None:
    last = headers.get("last-event-id", "")
    query = _after(query, last, wait=str(QUIET_SECONDS)) if last else _waiting_query(query)
    answer, ends = await ask(query), time.monotonic() + STREAM_SECONDS
    if answer.status != OK:
        await _send_whole(answer, send)
        return
    kept = [(name, text) for name, text in answer.headers if name not in (b"content-type", b"content-length", b"etag")]
    start = [*kept, (b"content-type", f"{STREAM}; charset=utf-8".encode()), (b"x-accel-buffering", b"no")]
    await send({"type": "http.response.start", "status": OK, "headers": start})
    while answer.status == OK and time.monotonic() < ends:
        await send({"type": "http.response.body", "body": _as_stream(answer), "more_body": True})
        if answer.wait is not None:
            if not watch.has_room(answer.wait.account_id):
                break
            await watch.until(answer.wait, QUIET_SECONDS)
        answer = await ask(_after(query, _next(answer)))
    await send({"type": "http.response.body", "body": b"", "more_body": False})


def _waiting_query(query: bytes) -> bytes:
    fields: dict[str, str] = dict(parse_qsl(query.decode("latin-1"), keep_blank_values=True))
    return urlencode({**fields, "wait": str(QUIET_SECONDS)}).encode()


def _as_stream(answer: WholeAnswer) -> bytes:
    """Return a page as server-sent events. One without events moves the client's Last-Event-ID, and says nothing."""
    page: dict[str, Any] = json.loads(answer.body)
    parts = []
    for item in page["items"]:
        cursor = item.pop("cursor")
        parts.append(f"id: {cursor}\nevent: {item['type']}\ndata: {json.dumps(item, separators=(',', ':'))}\n\n")
    return ("".join(parts) or f": nothing yet\nid: {page['next']}\n\n").encode()
