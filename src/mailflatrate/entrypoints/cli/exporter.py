"""`mailflatrate exporter`: figures of a host that serves no pages, for Prometheus. It needs no database."""

import socket
from collections.abc import Callable, Iterable
from socketserver import ThreadingMixIn
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

import click
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest

from mailflatrate.apps.delivery.journal_figures import JournalFigures
from mailflatrate.base.metrics.sharing import FOLDER, HostFigures
from mailflatrate.entrypoints.boot import boot
from mailflatrate.entrypoints.web.client import is_in
from mailflatrate.settings.links import Purpose
from mailflatrate.settings.schema import Settings, load_settings

SILENCE_SECONDS = 5.0
"""A client that says nothing for so long is cut off."""
PLAIN = [("Content-Type", "text/plain; charset=utf-8")]


class _Server(ThreadingMixIn, WSGIServer):
    """Closes the connection of whoever is not in MAILFLATRATE_METRICS_NETWORKS before it reads a byte."""

    daemon_threads = True

    def server_bind(self) -> None:
        super(WSGIServer, self).server_bind()  # without WSGIServer's look-up of our own name in the DNS
        self.setup_environ()

    def verify_request(self, request: Any, client_address: Any) -> bool:
        return is_in(load_settings().metrics_networks, str(client_address[0]).removeprefix("::ffff:"))


class _Server6(_Server):
    address_family = socket.AF_INET6


class _Handler(WSGIRequestHandler):
    timeout = SILENCE_SECONDS

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing: a line each quarter of a minute helps nobody."""


def make_exporter(settings: Settings) -> WSGIServer:
    """The server, bound to its port."""
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
    """Serve the figures of this host's processes at MAILFLATRATE_METRICS_PORT, until it is stopped."""
    with make_exporter(boot(Purpose.LISTENING)) as server:
        server.serve_forever()
