"""Runs one request through Django's WSGI handler, from the first middleware to `close()` in one thread: connections
and transactions belong to a thread. A one-piece response frees the thread before the client has read it; a streamed
one is produced only as fast as the client reads.
"""

import asyncio
import io
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass
from typing import IO, Any, Final
from urllib.parse import unquote_to_bytes

import structlog

log = structlog.get_logger("web")

PIECE_OCTETS: Final = 64 * 1024
PIECE_SECONDS: Final = 1.0
STALL_SECONDS: Final = 30.0
"""How long a client may take for PIECE_OCTETS of a streamed answer before it is given up."""
_UNPREFIXED: Final = {"content-type": "CONTENT_TYPE", "content-length": "CONTENT_LENGTH"}
_NOT_HANDED_ON: Final = frozenset({"content-length", "transfer-encoding"})
Headers = list[tuple[bytes, bytes]]
Environ = dict[str, Any]
Application = Callable[[Environ, Callable[..., Any]], Iterable[bytes]]


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a response; only the first has `status` and `headers`."""

    body: bytes
    more: bool
    status: int = 0
    headers: Headers | None = None


def environ_of(scope: dict[str, Any], body: IO[bytes] | None, octets: int, *, scheme: str) -> Environ:
    server = scope.get("server") or ("localhost", 80)
    raw_path = (scope.get("raw_path") or scope["path"].encode()).partition(b"?")[0]
    environ: Environ = {
        "REQUEST_METHOD": scope["method"], "SCRIPT_NAME": "",
        "PATH_INFO": unquote_to_bytes(raw_path).decode("latin-1"),
        "QUERY_STRING": scope.get("query_string", b"").decode("latin-1"),
        "SERVER_PROTOCOL": f"HTTP/{scope.get('http_version', '1.1')}",
        "SERVER_NAME": str(server[0]), "SERVER_PORT": str(server[1] or 80),
        "REMOTE_ADDR": str((scope.get("client") or ("",))[0]),
        "CONTENT_LENGTH": str(octets), "wsgi.version": (1, 0), "wsgi.url_scheme": scheme,
        "wsgi.input": body or io.BytesIO(), "wsgi.errors": sys.stderr, "wsgi.multithread": True,
        "wsgi.multiprocess": True, "wsgi.run_once": False,
    }  # fmt: skip
    for name, text in scope["headers"]:
        lower = name.decode("latin-1").lower()
        if lower in _NOT_HANDED_ON or "_" in lower:  # X_Forwarded_For would pass for X-Forwarded-For
            continue
        key = _UNPREFIXED.get(lower) or "HTTP_" + lower.upper().replace("-", "_")
        value = text.decode("latin-1")
        if key in environ:
            value = environ[key] + ("; " if lower == "cookie" else ",") + value
        environ[key] = value
    return environ


class _NotRead(Exception):
    """The client stopped reading or disconnected."""


class Exchange:
    """Runs the application in a thread (`run`) and passes the pieces of its response to the loop (`pieces`)."""

    def __init__(self, application: Application, environ: Environ, loop: asyncio.AbstractEventLoop) -> None:
        self._application, self._environ, self._loop = application, environ, loop
        self._pieces: asyncio.Queue[Piece | Exception] = asyncio.Queue(2)
        self._status, self._headers = 500, Headers()
        self._given_up = False

    async def next(self) -> Piece:
        piece = await self._pieces.get()
        if isinstance(piece, Exception):
            raise piece
        return piece

    def give_up(self) -> None:
        """Stop because the client is gone: the application is closed at its next piece."""
        self._given_up = True
        while not self._pieces.empty():
            self._pieces.get_nowait()

    def run(self) -> None:
        answer: Iterable[bytes] = ()
        try:
            answer = self._application(self._environ, self._start)
            self._hand_over(answer)
        except _NotRead:
            log.info("answer not read to its end", path=self._environ["PATH_INFO"])
        except Exception as problem:
            log.exception("request failed", path=self._environ["PATH_INFO"])
            with suppress(_NotRead):
                self._put(problem)
        finally:
            close = getattr(answer, "close", None)
            if close is not None:
                close()

    def _start(self, status: str, headers: list[tuple[str, str]], _exc_info: object = None) -> Callable[..., None]:
        self._status = int(status.partition(" ")[0])
        self._headers = [(name.lower().encode("latin-1"), text.encode("latin-1")) for name, text in headers]
        return _no_write

    def _hand_over(self, answer: Iterable[bytes]) -> None:
        first = True
        for body, more in _in_pieces(answer):
            head = (self._status, self._headers) if first else (0, None)
            self._put(Piece(body, more, *head))
            first = False

    def _put(self, piece: Piece | Exception) -> None:
        """Pass a piece to the loop; wait while the client has two unread pieces."""
        if self._given_up:
            raise _NotRead
        asked: Future[None] = Future()

        def take() -> None:
            try:
                self._pieces.put_nowait(piece)
                asked.set_result(None)
            except asyncio.QueueFull:
                self._loop.call_later(0.02, take) if not self._given_up else asked.set_result(None)

        self._loop.call_soon_threadsafe(take)
        if isinstance(piece, Piece) and piece.more:
            try:
                asked.result(STALL_SECONDS)
            except TimeoutError as stalled:
                self._given_up = True
                raise _NotRead from stalled


def _no_write(_data: bytes) -> None:
    raise NotImplementedError("Django hands over its answer as an iterable")


def _in_pieces(answer: Iterable[bytes]) -> Iterator[tuple[bytes, bool]]:
    """Split the response into a few pieces: large enough to be worth passing to the loop, none held back for long."""
    held, since = bytearray(), time.monotonic()
    for part in answer:
        held += part
        if len(held) >= PIECE_OCTETS or (held and time.monotonic() - since > PIECE_SECONDS):
            yield bytes(held), True
            held, since = bytearray(), time.monotonic()
    yield bytes(held), False
