"""A web server outside of the service, with a DNS that knows it: what workers fetch."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from mailflatrate.wire.dns import DnsResolver, ZoneServer


@dataclass
class OtherSite:
    """What it answers by path, and which paths were asked for."""

    resolver: DnsResolver
    base: str = ""
    answers: dict[str, bytes] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)


@contextmanager
def other_site() -> Iterator[OtherSite]:
    """Serve `mail.example` while the block runs; unknown paths are answered 404."""
    with ZoneServer({"mail.example": {"A": ["127.0.0.1"]}}) as dns:
        made = OtherSite(DnsResolver([dns.nameserver], timeout_seconds=2))

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                made.asked.append(self.path)
                answer = made.answers.get(self.path)
                self.send_response(404 if answer is None else 200)
                self.send_header("Content-Type", "text/html")
                self.end_headers()
                self.wfile.write(answer or b"")

            def log_message(self, *_args: object) -> None:
                """Quiet."""

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        made.base = f"http://mail.example:{server.server_address[1]}"
        try:
            yield made
        finally:
            server.shutdown()
            server.server_close()
            thread.join()
