"""Web processes as they run in production, plain and with TLS, for tests that attack through real sockets."""

import os
import socket
import ssl
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from copies import Copies, Copy
from free_ports import free_port
from support.waiting import wait_until


@dataclass(frozen=True)
class Answer:
    """The response: `status` is 0 if the server closed the connection without a word."""

    status: int
    head: str
    body: bytes
    seconds: float


@dataclass(frozen=True)
class Served:
    """One of our ports on loopback."""

    port: int
    tls: bool
    log: Path

    def connect(self, timeout_seconds: float = 20.0) -> socket.socket:
        """A connection that a client would send its request on."""
        link = socket.create_connection(("127.0.0.1", self.port), timeout=timeout_seconds)
        if not self.tls:
            return link
        return _any_certificate().wrap_socket(link)

    def ask(self, path: str, *, method: str = "GET", body: bytes = b"", headers: Mapping[str, str] = {},
            timeout_seconds: float = 20.0) -> Answer:  # fmt: skip
        fields = {"Host": "localhost", "Connection": "close", **headers}
        if body and "Transfer-Encoding" not in fields:
            fields.setdefault("Content-Length", str(len(body)))
        head = f"{method} {path} HTTP/1.1\r\n" + "".join(f"{name}: {text}\r\n" for name, text in fields.items())
        began = time.monotonic()
        with self.connect(timeout_seconds) as link:
            with suppress(BrokenPipeError, ConnectionResetError, ssl.SSLError):
                link.sendall(head.encode() + b"\r\n" + body)
            return read_answer(link, began)


@cache
def _any_certificate() -> ssl.SSLContext:
    """Make a client's context once: it reads the certificates of all authorities, though none is asked for."""
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context


def read_answer(link: socket.socket, began: float) -> Answer:
    """Everything until the server closes."""
    told = b""
    with suppress(ConnectionResetError, ssl.SSLError):
        while part := link.recv(65536):
            told += part
    head, _, body = told.partition(b"\r\n\r\n")
    status = int(head[9:12]) if head.startswith(b"HTTP/1.1 ") else 0
    return Answer(status, head.decode("latin-1").lower(), body, time.monotonic() - began)


@contextmanager
def served(copies: Copies, *, tls: bool, **settings: str) -> Iterator[Served]:
    """`mailflatrate web` on the tests' database, for the block. `settings` are variables without our prefix."""
    port = free_port()
    environment = dict(os.environ) | {
        "MAILFLATRATE_WEB_PORT": str(port),
        "MAILFLATRATE_PUBLIC_PORT": str(port),
        "MAILFLATRATE_LOG_LEVEL": "INFO",
        **{f"MAILFLATRATE_{name}": text for name, text in settings.items()},
    }
    log = Path(environment["MAILFLATRATE_DATA_DIR"]) / f"web-{port}.log"
    command = ["web", *(["--tls"] if tls else [])]
    process = copies.start(*command, purpose="pages", log=log, environment=environment)
    try:
        found = Served(port, tls, log)
        _wait_for(found, process)
        yield found
    finally:
        process.terminate()
        process.wait(30)


def _wait_for(found: Served, process: Copy) -> None:
    def answers() -> bool:
        assert process.poll() is None, found.log.read_text()
        with suppress(OSError):
            return found.ask("/healthz").status == 200
        return False

    wait_until(answers, "an answer of the web process", pause=0.1)
