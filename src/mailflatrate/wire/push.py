"""Posts many small messages to a customer's address over connections that stay open: only port 443 of a public host,
whatever its name resolves to now, no redirects, answers bounded in time and size.
"""

from __future__ import annotations

import http.client
import socket
import ssl
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Final, Self
from urllib.parse import urlsplit

from mailflatrate.wire.deadline import Deadline
from mailflatrate.wire.dns.resolver import Resolver
from mailflatrate.wire.public_urls import Networks, is_public
from mailflatrate.wire.web import BoundedResponse, VisitRefused, allowed_address

ANSWER_OCTETS: Final = 500
"""Kept of an answer."""
MOST_OCTETS: Final = 64 * 1024
"""Read of an answer, so that the connection can be used again."""
SILENCE_SECONDS: Final = 10.0
PUBLIC_PORT: Final = 443
AGENT: Final = "mailflatrate-webhooks/1"


@dataclass(frozen=True, slots=True)
class PushResult:
    """The response to a message and how long it took. Without a status there was no response, and `answer` says why."""

    status: int | None
    answer: str
    seconds: float


@dataclass(frozen=True, slots=True)
class PushTarget:
    """`networks` are private ones that the operator allowed, at any port and without TLS."""

    url: str
    resolver: Resolver
    networks: Networks = ()
    context: ssl.SSLContext | None = None


class PushChannel:
    def __init__(self, target: PushTarget, deadline: Deadline) -> None:
        self._target, self._deadline = target, deadline
        self._parts = urlsplit(target.url)
        self._path = (self._parts.path or "/") + (f"?{self._parts.query}" if self._parts.query else "")
        self._connection: http.client.HTTPConnection | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()

    def post(self, body: bytes, headers: Mapping[str, str]) -> PushResult:
        """Post one message. Never raises: an error is returned as the result."""
        began = time.monotonic()
        reused = self._connection is not None
        try:
            try:
                return self._post(body, headers, began)
            except (http.client.RemoteDisconnected, ConnectionError, BrokenPipeError):
                self.close()
                if not reused:
                    raise
                return self._post(body, headers, began)  # it was closed while it was idle
        except (OSError, http.client.HTTPException, VisitRefused, ValueError) as problem:
            self.close()
            return PushResult(None, _in_words(problem), time.monotonic() - began)

    def close(self) -> None:
        if self._connection is not None:
            with suppress(OSError):
                self._connection.close()
            self._connection = None

    def _post(self, body: bytes, headers: Mapping[str, str], began: float) -> PushResult:
        connection = self._open()
        self._deadline.left(SILENCE_SECONDS)
        connection.request("POST", self._path, body, {"User-Agent": AGENT, "Accept": "*/*", **headers})
        answer = connection.getresponse()
        content = answer.read(MOST_OCTETS)
        if not answer.isclosed():
            self.close()
        return PushResult(answer.status, _printable(content[:ANSWER_OCTETS]), time.monotonic() - began)

    def _open(self) -> http.client.HTTPConnection:
        if self._connection is not None and self._connection.sock is not None:
            return self._connection
        target, parts = self._target, self._parts
        host = (parts.hostname or "").encode("idna").decode("ascii")
        is_tls = parts.scheme == "https"
        if not host or parts.username or parts.scheme not in ("https", "http"):
            raise ValueError("not a web address")
        port = parts.port or (PUBLIC_PORT if is_tls else 80)
        address = allowed_address(host, target.resolver, target.networks)
        if is_public(address) and (not is_tls or port != PUBLIC_PORT):
            raise ValueError("not an https address at port 443")
        link = self._deadline.connect(address, port, silence_seconds=SILENCE_SECONDS)
        try:
            # Header and body are two writes: the second would wait for the receiver's delayed acknowledgment.
            link.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if is_tls:
                link.settimeout(self._deadline.left(SILENCE_SECONDS))
                link = (target.context or ssl.create_default_context()).wrap_socket(link, server_hostname=host)
                self._deadline.guard(link)
            link.settimeout(SILENCE_SECONDS)
        except BaseException:
            link.close()
            raise
        connection = http.client.HTTPConnection(parts.netloc, timeout=SILENCE_SECONDS)
        connection.response_class = BoundedResponse
        connection.auto_open = 0
        connection.sock = link
        self._connection = connection
        return connection


def _in_words(problem: Exception) -> str:
    if isinstance(problem, ssl.SSLCertVerificationError):
        return f"certificate: {problem.verify_message}"[:ANSWER_OCTETS]
    if isinstance(problem, TimeoutError):
        return "no answer in time"
    if isinstance(problem, http.client.HTTPException):
        return "not an HTTP answer"
    return (str(problem) or "no connection")[:ANSWER_OCTETS]


def _printable(content: bytes) -> str:
    text = content.decode("utf-8", "replace")
    return "".join(char if char.isprintable() else " " for char in text).strip()
