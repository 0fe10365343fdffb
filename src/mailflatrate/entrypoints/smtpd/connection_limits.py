"""Limits on connections to the inbound listeners, in total and per address."""

import asyncio
from collections import Counter
from ipaddress import ip_address, ip_network
from typing import Any

from aiosmtpd.lmtp import LMTP

from mailflatrate.entrypoints.smtpd.content import BoundedSMTP

MOST_CONNECTIONS = 60
MOST_FROM_ONE_PEER = 10
THIS_HOST = "127.0.0.0/8,::1"
_TOO_MANY = b"421 4.7.0 Too many connections, try again later\r\n"


class Visitors:
    """Only the total limit applies to our own relays and programs, because they share one address."""

    def __init__(self, relays: str, most: int = MOST_CONNECTIONS, most_from_one: int = MOST_FROM_ONE_PEER) -> None:
        self._relays = tuple(ip_network(part.strip()) for part in relays.split(",") if part.strip())
        self._most, self._most_from_one = most, most_from_one
        self._open: Counter[str] = Counter()

    def enter(self, peer: str) -> bool:
        if self._open.total() >= self._most or (self._open[peer] >= self._most_from_one and not self._is_relay(peer)):
            return False
        self._open[peer] += 1
        return True

    def leave(self, peer: str) -> None:
        self._open[peer] -= 1
        if not self._open[peer]:
            del self._open[peer]

    def _is_relay(self, peer: str) -> bool:
        try:
            host = ip_address(peer)
        except ValueError:
            return False
        return any(host in network for network in self._relays if network.version == host.version)


class _CountedConnection(BoundedSMTP):
    def __init__(self, handler: object, visitors: Visitors, **options: Any) -> None:
        super().__init__(handler, **options)
        self._visitors = visitors
        self._peer: str | None = None
        self._is_refused = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Refuse an excess connection with 421 before anything is kept for it."""
        address = transport.get_extra_info("peername")
        peer = str(address[0]) if isinstance(address, tuple) else str(address)
        if not self._visitors.enter(peer):
            self._is_refused = True
            assert isinstance(transport, asyncio.Transport)
            transport.write(_TOO_MANY)
            transport.close()
            return
        self._peer = peer
        super().connection_made(transport)

    def data_received(self, data: bytes) -> None:
        if not self._is_refused:
            super().data_received(data)

    def eof_received(self) -> bool | None:
        return None if self._is_refused else super().eof_received()

    def connection_lost(self, error: Exception | None) -> None:
        if self._peer is not None:
            self._visitors.leave(self._peer)
            self._peer = None
            super().connection_lost(error)


class CountedSMTP(_CountedConnection):
    """SMTP with a limit on connections."""


class CountedLMTP(_CountedConnection, LMTP):
    """LMTP with a limit on connections."""

    def answer(self, status: str, recipients: int) -> str:
        """Report the result for the content once per accepted recipient (RFC 2033 section 4.2)."""
        return "\r\n".join([status] * recipients)
