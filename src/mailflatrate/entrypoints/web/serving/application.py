"""The ASGI application that Granian serves: body first, then a thread, then the response."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Any, Final

import structlog
from django.conf import settings
from django.contrib.auth import SESSION_KEY
from django.db import close_old_connections
from django.http import parse_cookie
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.translation import get_supported_language_variant
from django.utils.translation import gettext_lazy as _

from mailflatrate.apps.accounts.actions.keys import is_known_key
from mailflatrate.entrypoints.client import address_of, is_proxy
from mailflatrate.entrypoints.presenters.event_waits import MAY_WAIT, WAIT_FOR
from mailflatrate.entrypoints.request_ids import HEADER, new_request_id
from mailflatrate.entrypoints.web.serving.access import Request
from mailflatrate.entrypoints.web.serving.event_waits import EVENTS_PATH, EventWatch, WholeAnswer, answer_events
from mailflatrate.entrypoints.web.serving.request_bodies import (
    PUBLIC,
    BodyLimit,
    BodyRefused,
    ClientGone,
    DiskBudget,
    Message,
    Receive,
    RequestBody,
    limit_of,
    read_body,
)
from mailflatrate.entrypoints.web.serving.thread_pools import PoolFull, RequestPools
from mailflatrate.entrypoints.web.serving.wsgi_bridge import Application, Exchange, Piece, environ_of


def is_member(cookies: str, authorization: str) -> bool:
    """Return whether these headers belong to a session or a key. The view decides what they may do."""
    close_old_connections()
    try:
        kind, _space, secret = authorization.partition(" ")
        if kind.lower() == "bearer" and is_known_key(secret.strip()):
            return True
        cookie = parse_cookie(cookies).get(settings.SESSION_COOKIE_NAME)
        if not cookie:
            return False
        store = import_module(settings.SESSION_ENGINE).SessionStore
        return SESSION_KEY in store(cookie)
    finally:
        close_old_connections()


log = structlog.get_logger("web")

SERVICE_UNAVAILABLE: Final = 503
REQUEST_ENTITY_TOO_LARGE: Final = 413
WATCH_AFTER_SECONDS: Final = 0.5
Send = Callable[[Message], Awaitable[None]]
Scope = dict[str, Any]


class Pages:
    """The pages of one process as an ASGI application. `folder` stores bodies while they arrive."""

    def __init__(self, application: Application, pools: RequestPools, budget: DiskBudget, folder: Path) -> None:
        self._application, self._pools, self._budget, self._folder = application, pools, budget, folder
        self._watch = EventWatch(pools.watch)

    async def __call__(self, scope: Scope, receive: Receive, pass_on: Send) -> None:
        if scope["type"] != "http":
            return
        headers = {name.decode("latin-1").lower(): text.decode("latin-1") for name, text in scope["headers"]}
        peer = str((scope.get("client") or ("",))[0])
        client = address_of(peer, headers.get("x-forwarded-for", "")) or ""
        body = RequestBody(self._folder, self._budget, client)
        request = Request(scope, client)

        async def send(message: Message) -> None:
            request.sent(message)
            await pass_on(message)

        try:
            await self._read(scope, headers, receive, body)
            if scope["path"] == EVENTS_PATH and scope["method"] == "GET":
                await self._answer_events(scope, headers, peer, receive, send)
            else:
                await self._answer(scope, headers, peer, body, receive, send)
        except BodyRefused as refused:
            await _refuse(scope, headers, refused, receive, send)
        except PoolFull:
            busy = BodyRefused(503, _("We have too many visitors right now."), _("Try again in a few seconds."))
            await _refuse(scope, headers, busy, receive, send)
        except ClientGone:
            return
        finally:
            body.close()
            request.end(tell=settings.SETTINGS.access_log)

    async def _read(self, scope: Scope, headers: dict[str, str], receive: Receive, body: RequestBody) -> None:
        written = headers.get("content-length", "")
        declared = int(written) if written.isdecimal() else None
        if declared in (None, 0) and scope["http_version"].startswith("1") and "transfer-encoding" not in headers:
            return
        limit = await self._limit(scope["path"], headers, declared)
        await read_body(receive, body, limit, declared)

    async def _limit(self, path: str, headers: dict[str, str], declared: int | None) -> BodyLimit:
        """Return the path's limit for this client. Only large bodies are worth looking up who sends them."""
        limit = limit_of(path, headers.get("content-type", ""))
        if not limit.members_only or (declared is not None and declared <= PUBLIC.octets):
            return limit
        ask = partial(is_member, headers.get("cookie", ""), headers.get("authorization", ""))
        return limit if await asyncio.wrap_future(self._pools.door.submit(ask)) else PUBLIC

    async def _answer(
        self, scope: Scope, headers: dict[str, str], peer: str, body: RequestBody, receive: Receive, send: Send
    ) -> None:
        environ = environ_of(scope, body.open(), body.octets, scheme=_scheme(scope, headers, peer))
        exchange = Exchange(self._application, environ, asyncio.get_running_loop())
        work = self._pools.of(scope["path"]).submit(exchange.run)
        done = asyncio.wrap_future(work)
        try:
            await _send_all(scope, exchange, receive, send)
        except ClientGone:
            work.cancel()  # work still queued for a thread no longer needs one
            raise
        finally:
            exchange.give_up()
            await asyncio.wait([done])  # the body stays open until the thread is through with it

    async def _answer_events(
        self, scope: Scope, headers: dict[str, str], peer: str, receive: Receive, send: Send
    ) -> None:
        async def ask(query: bytes) -> WholeAnswer:
            asked = {**scope, "query_string": query}
            environ = environ_of(asked, None, 0, scheme=_scheme(scope, headers, peer))
            environ[MAY_WAIT] = True
            exchange = Exchange(self._application, environ, asyncio.get_running_loop())
            done = asyncio.wrap_future(self._pools.of(EVENTS_PATH).submit(exchange.run))
            try:
                first = piece = await exchange.next()
                body = piece.body
                while piece.more:
                    piece = await exchange.next()
                    body += piece.body
            finally:
                exchange.give_up()
                await asyncio.wait([done])
            return WholeAnswer(first.status, first.headers or [], body, environ.get(WAIT_FOR))

        await answer_events(scope.get("query_string", b""), headers, ask, self._watch, receive, send)


async def _send_all(scope: Scope, exchange: Exchange, receive: Receive, send: Send) -> None:
    piece = await _first(exchange, receive)
    await send({"type": "http.response.start", "status": piece.status, "headers": piece.headers or []})
    while True:
        body = b"" if scope["method"] == "HEAD" else piece.body
        await send({"type": "http.response.body", "body": body, "more_body": piece.more})
        if not piece.more:
            return
        piece = await exchange.next()


async def _first(exchange: Exchange, receive: Receive) -> Piece:
    """Return the first piece, or stop waiting if the client disconnects. Raises ClientGone."""
    waiting = asyncio.ensure_future(exchange.next())
    await asyncio.wait([waiting], timeout=WATCH_AFTER_SECONDS)
    if waiting.done():
        return waiting.result()
    gone = asyncio.ensure_future(_until_gone(receive))
    try:
        await asyncio.wait([waiting, gone], return_when=asyncio.FIRST_COMPLETED)
        if waiting.done():
            return waiting.result()
        raise ClientGone
    finally:
        waiting.cancel()
        gone.cancel()


async def _until_gone(receive: Receive) -> None:
    """Wait until the client closes; before that Granian may still report an empty body."""
    while (await receive())["type"] != "http.disconnect":
        continue


def _scheme(scope: Scope, headers: dict[str, str], peer: str) -> str:
    """Return HTTPS if the connection or our proxy says so; a proxy that says nothing does TLS (see docs/operations)."""
    if not is_proxy(peer):
        return str(scope["scheme"])
    forwarded = headers.get("x-forwarded-proto", "").strip().lower()
    return forwarded if forwarded in ("http", "https") else ("http" if settings.SETTINGS.is_local else "https")


async def _refuse(scope: Scope, headers: dict[str, str], refused: BodyRefused, receive: Receive, send: Send) -> None:
    """Respond without a thread, and close the connection if the body was not read to its end."""
    request_id = new_request_id()
    kind, page = _refusal(scope["path"], headers, refused, request_id)
    answer = [(b"content-type", kind), (b"content-length", str(len(page)).encode()), (b"cache-control", b"no-store")]
    answer.append((HEADER.lower().encode(), request_id.encode()))
    log.info("request refused", request_id=request_id, status=refused.status)
    if refused.status == SERVICE_UNAVAILABLE:
        answer.append((b"retry-after", b"10"))
    await send({"type": "http.response.start", "status": refused.status, "headers": answer})
    await send({"type": "http.response.body", "body": page, "more_body": False})


def _refusal(path: str, headers: dict[str, str], refused: BodyRefused, request_id: str) -> tuple[bytes, bytes]:
    """Return content type and content: JSON for programs, a page for browsers, plain text for everyone else."""
    with translation.override(_language(headers.get("accept-language", ""))):
        problem, fix = refused.problem, refused.fix
        if path.startswith("/api/"):
            shape = {
                "type": "about:blank",
                "title": problem,
                "status": refused.status,
                "detail": problem,
                "code": "too-large" if refused.status == REQUEST_ENTITY_TOO_LARGE else "unavailable",
                "remedy": fix,
                "request_id": request_id,
            }
            return b"application/problem+json; charset=utf-8", json.dumps(shape, ensure_ascii=False).encode()
        if "text/html" in headers.get("accept", ""):
            page = render_to_string("refused.html", {"problem": problem, "fix": fix})
            return b"text/html; charset=utf-8", page.encode()
        return b"text/plain; charset=utf-8", f"{problem} {fix}\n".encode()


def _language(accepted: str) -> str:
    for part in accepted[:200].split(","):
        try:
            return get_supported_language_variant(part.partition(";")[0].strip())
        except LookupError:
            continue
    return str(settings.LANGUAGE_CODE)
