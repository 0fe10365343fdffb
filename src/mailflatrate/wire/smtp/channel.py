"""The channel under an SMTP connection: parses replies, has one timer, sends single commands, starts TLS."""

from __future__ import annotations

import asyncio
import socket
from collections import deque
from typing import TYPE_CHECKING, cast

from mailflatrate.wire.smtp.reply import (
    MAX_REPLY_LINE_BYTES,
    MAX_REPLY_LINES,
    Reply,
    ReplyError,
    parse_reply,
)
from mailflatrate.wire.smtp.types import RelayConfig, Stage

if TYPE_CHECKING:
    import ssl

    from mailflatrate.wire.smtp.envelope import Transaction


class ConnectionLostError(Exception):
    """The connection ended while a command outside of a message was waiting for its reply."""


class SmtpChannel(asyncio.Protocol):
    """`_expected` names, in order, the command that each coming reply answers; the subclass acts on it."""

    def __init__(self, config: RelayConfig) -> None:
        self.config = config
        self.tls = False
        self.remote_host = config.remote_host
        self.loss: tuple[Stage, str] | None = None
        self._loop = asyncio.get_running_loop()
        self._closed = False
        self._gone: asyncio.Future[None] = self._loop.create_future()
        self._transport: asyncio.Transport | None = None
        self._tail = b""
        self._lines: list[bytes] = []
        self._expected: deque[tuple[Stage, Transaction | None]] = deque()
        # The greeting may arrive before it is requested, so it is expected from the beginning.
        self._expected.append((Stage.GREETING, None))
        self._waiter: asyncio.Future[Reply] | None = self._loop.create_future()
        self._timer: asyncio.TimerHandle | None = None
        self._timer_at = 0.0
        self._deadline = 0.0
        limits = config.timeouts
        self._timeouts: dict[Stage, float] = {
            Stage.GREETING: limits.greeting_seconds,
            Stage.MAIL: limits.mail_seconds,
            Stage.RCPT: limits.rcpt_seconds,
            Stage.DATA: limits.data_start_seconds,
            Stage.DATA_END: limits.data_end_seconds,
            Stage.QUIT: limits.quit_seconds,
        }

    def _on_reply(self, lines: list[bytes]) -> None:
        """Act on one whole reply (its lines, perhaps with CR). May raise ReplyError."""
        raise NotImplementedError

    def _on_drop(self, stage: Stage, text: str) -> None:
        raise NotImplementedError

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Set TCP_NODELAY: each write is a whole group of commands whose reply is awaited."""
        self._transport = cast(asyncio.Transport, transport)
        raw = transport.get_extra_info("socket")
        if raw is not None:
            raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def connection_lost(self, exc: Exception | None) -> None:
        self._drop(str(exc) if exc else "the relay closed the connection")
        if not self._gone.done():
            self._gone.set_result(None)

    @property
    def is_closed(self) -> bool:
        return self._closed

    @property
    def is_idle(self) -> bool:
        return not self._expected and not self._closed

    async def wait_closed(self) -> None:
        await asyncio.shield(self._gone)

    async def greeting(self) -> Reply:
        """Return the relay's first reply. Raises ConnectionLostError if there is none in time."""
        assert self._waiter is not None, "the greeting is asked for once, before any command"
        self._arm()
        try:
            return await self._waiter
        finally:
            self._waiter = None

    async def command(self, line: bytes, stage: Stage) -> Reply:
        """Outside of a message. Raises ConnectionLostError if there is no reply within the stage's time."""
        if self._closed or self._transport is None:
            raise ConnectionLostError(self.loss[1] if self.loss else "the connection is closed")
        self._waiter = self._loop.create_future()
        self._expected.append((stage, None))
        self._transport.write(line)
        self._arm()
        try:
            return await self._waiter
        finally:
            self._waiter = None

    async def start_tls(self, context: ssl.SSLContext, handshake_seconds: float) -> None:
        """After a 220. Raises OSError (including ssl.SSLError) when the handshake fails. Plain bytes after the 220 are
        an injection (CVE-2011-0411) and end the connection.
        """
        if self._tail or self._lines or self._closed or self._transport is None:
            raise OSError("plain text after the reply to STARTTLS")
        try:
            wrapped = await self._loop.start_tls(
                self._transport,
                self,
                context,
                server_hostname=self.config.host,
                ssl_handshake_timeout=handshake_seconds,
            )
            if wrapped is None:
                raise OSError("the connection was lost in the TLS handshake")
        except OSError as problem:
            self._drop(f"TLS handshake failed: {problem}")
            # A protocol that is replaced in the handshake is not told that its connection ended.
            if not self._gone.done():
                self._gone.set_result(None)
            raise
        self._transport = wrapped
        self.tls = True

    def data_received(self, data: bytes) -> None:
        """Pass each reply to the command it answers; replies come in order (RFC 2920 3.2)."""
        if self._closed:
            return
        lines = (self._tail + data).split(b"\n")
        self._tail = lines.pop()
        try:
            if len(self._tail) > MAX_REPLY_LINE_BYTES:
                raise ReplyError("an endless reply line")
            for line in lines:
                self._lines.append(line)
                if line[3:4] == b"-":
                    if len(self._lines) > MAX_REPLY_LINES:
                        raise ReplyError("an endless reply")
                    continue
                whole, self._lines = self._lines, []
                self._on_reply(whole)
                if self.loss is not None:
                    return
        except ReplyError as problem:
            self._drop(str(problem))
            return
        if lines:  # a reply that trickles in byte by byte gains no time
            self._arm()

    def _on_plain_reply(self, reply: Reply) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(reply)

    def _drop(self, text: str, *, graceful: bool = False) -> None:
        """End the connection; `graceful` lets the transport finish writing. Does nothing the second time."""
        if self._closed:
            return
        self._closed = True
        self.loss = (self._expected[0][0] if self._expected else Stage.IDLE, text)
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._transport is not None:
            if graceful:
                self._transport.close()
            else:
                self._transport.abort()
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_exception(ConnectionLostError(text))
            self._waiter.exception()  # seen: a canceled opening never collects it
        self._on_drop(self.loss[0], text)

    def _arm(self) -> None:
        """One lazy timer: a deadline that only moves later costs no timer call, so the hot path pays for none."""
        if not self._expected or self._closed:
            return
        seconds = self._timeouts.get(self._expected[0][0], self.config.timeouts.command_seconds)
        self._deadline = self._loop.time() + seconds
        if self._timer is not None:
            if self._deadline >= self._timer_at:
                return
            self._timer.cancel()
        self._timer_at = self._deadline
        self._timer = self._loop.call_at(self._deadline, self._on_timer)

    def _on_timer(self) -> None:
        self._timer = None
        if not self._expected:
            return
        if self._loop.time() >= self._deadline:
            self._drop(f"no reply to {self._expected[0][0].value} in time")
        else:
            self._timer_at = self._deadline
            self._timer = self._loop.call_at(self._deadline, self._on_timer)


def parse_lines(lines: list[bytes]) -> Reply:
    return parse_reply([line.rstrip(b"\r") for line in lines])
