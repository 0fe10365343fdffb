"""`mailflatrate exporter`: Prometheus metrics of a host without a web process. Needs no database."""

import socket
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable
from io import BytesIO
from socketserver import ThreadingMixIn
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

import click
import structlog
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest

from mailflatrate.apps.delivery.journal_figures import JournalFigures
from mailflatrate.base.metrics.sharing import FOLDER, HostFigures
from mailflatrate.entrypoints.boot import boot
from mailflatrate.entrypoints.client import is_in
from mailflatrate.settings.links import ProcessPurpose
from mailflatrate.settings.schema import Settings, load_settings

REQUEST_SECONDS = 5.0
"""Time limit from the connection to the end of a request's head, and again for reading the response."""
LARGEST_HEAD = 16_384
MOST_AT_ONCE = 16
MOST_OF_ONE = 8
"""Maximum simultaneous connections of all clients, and of one address."""
log = structlog.get_logger(__name__)

PLAIN = [("Content-Type", "text/plain; charset=utf-8")]


class _Server(ThreadingMixIn, WSGIServer):
    """Closes connections from outside MAILFLATRATE_METRICS_NETWORKS, and excess ones, before it reads a byte."""

    daemon_threads = True
    request_queue_size = 64

    def __init__(self, *args: Any, **options: Any) -> None:
        self._open: Counter[str] = Counter()
        self._guard = threading.Lock()
        super().__init__(*args, **options)

    def server_bind(self) -> None:
        super(WSGIServer, self).server_bind()  # without WSGIServer's lookup of our own name in the DNS
        self.setup_environ()

    def verify_request(self, request: Any, client_address: Any) -> bool:
        address = _address(client_address)
        if not is_in(load_settings().metrics_networks, address):
            return False
        with self._guard:
            if self._open.total() >= MOST_AT_ONCE or self._open[address] >= MOST_OF_ONE:
                return False
            self._open[address] += 1
            return True

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        try:
            super().process_request_thread(request, client_address)
        finally:
            with self._guard:
                self._open[_address(client_address)] -= 1
                self._open = +self._open

    def handle_error(self, request: Any, client_address: Any) -> None:
        log.info("exporter_client_cut_off", address=_address(client_address), problem=repr(sys.exc_info()[1])[:120])


def _address(client_address: Any) -> str:
    return str(client_address[0]).removeprefix("::ffff:")


class _Server6(_Server):
    address_family = socket.AF_INET6


class _Handler(WSGIRequestHandler):
    timeout = REQUEST_SECONDS

    def setup(self) -> None:
        """Read the request's head at once, so that one limit covers its time and size. Never read a body."""
        super().setup()
        head, ends_at = b"", time.monotonic() + REQUEST_SECONDS
        while b"\r\n\r\n" not in head and b"\n\n" not in head:
            left = ends_at - time.monotonic()
            if left <= 0 or len(head) > LARGEST_HEAD:
                raise TimeoutError("the head of the request is too slow or too large")
            self.connection.settimeout(left)
            more = self.connection.recv(LARGEST_HEAD)
            if not more:
                break
            head += more
        self.connection.settimeout(REQUEST_SECONDS)
        self.rfile = BytesIO(head)

    def log_message(self, format: str, *args: Any) -> None:
        """Log nothing: a line every fifteen seconds helps no one."""


def make_exporter(settings: Settings) -> WSGIServer:
    registry = CollectorRegistry(auto_describe=False)
    registry.register(HostFigures(settings.data_dir / FOLDER))
    registry.register(JournalFigures(settings.data_dir / "journal"))

    def answer(environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        if environ["REQUEST_METHOD"] not in ("GET", "HEAD") or environ["PATH_INFO"] not in ("/metrics", "/healthz"):
            start("404 Not Found", PLAIN)
            return [b"Nothing is here.\n"]
        if environ["PATH_INFO"] == "/healthz":
            start("200 OK", PLAIN)
            return [b"ok\n"]
        start("200 OK", [("Content-Type", CONTENT_TYPE_LATEST)])
        return [generate_latest(registry)]

    kind = _Server6 if ":" in settings.metrics_host else _Server
    return make_server(settings.metrics_host, settings.metrics_port, answer, kind, _Handler)


@click.command()
def exporter_command() -> None:
    """Serve Prometheus metrics of this host's processes on MAILFLATRATE_METRICS_PORT until stopped."""
    with make_exporter(boot(ProcessPurpose.LISTENING)) as server:
        server.serve_forever()
