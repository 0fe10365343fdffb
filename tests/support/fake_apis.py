"""The APIs of other systems as they answered: a local server that speaks recorded answers, and misbehaves on demand."""

import json
import ssl
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

RECORDED = Path(__file__).parents[1] / "apps" / "intake" / "fetched"
Answer = tuple[int, Mapping[str, str], bytes]
"""Status, headers and body. A body shorter than its Content-Length is a connection that was cut."""


@dataclass
class FakeApi:
    """One system. `answers` is path with query -> JSON, or HTML; `faults` come first, each once."""

    answers: dict[str, Any]
    faults: list[Answer | Callable[[str], Answer | None]] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    headers: list[Mapping[str, str]] = field(default_factory=list)
    url: str = ""

    def answer(self, method: str, target: str, headers: Mapping[str, str]) -> Answer:
        self.asked.append(f"{method} {target}")
        self.headers.append(headers)
        if self.faults:
            fault = self.faults.pop(0)
            found = fault(target) if callable(fault) else fault
            if found is not None:
                return found
        return self._recorded(target)

    def _recorded(self, target: str) -> Answer:
        parts = urlsplit(target)
        wanted = parse_qs(parts.query)
        for known, found in self.answers.items():
            asked = urlsplit(known)
            needed = parse_qs(asked.query)
            if asked.path == parts.path and all(wanted.get(name) == values for name, values in needed.items()):
                if isinstance(found, str) and found.startswith("<"):
                    return 200, {"Content-Type": "text/html; charset=utf-8"}, found.encode()
                body = json.dumps(found).replace("{api}", self.url)  # where its own files are
                return 200, {"Content-Type": "application/json"}, body.encode()
        return 404, {"Content-Type": "application/json"}, b'{"detail": "nothing here"}'


def recorded(system: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((RECORDED / f"{system}.json").read_text(encoding="utf-8"))
    return found


@contextmanager
def serving(answers: dict[str, Any], tls: ssl.SSLContext | None = None) -> Iterator[FakeApi]:
    """Serve an API on loopback, over TLS if there is a context."""
    api = FakeApi(answers)

    class Handler(BaseHTTPRequestHandler):
        def _respond(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            self.rfile.read(length)
            status, headers, body = api.answer(self.command, self.path, dict(self.headers))
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            if "Content-Length" not in headers and "Transfer-Encoding" not in headers:
                self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_GET = do_POST = _respond

        def log_message(self, *_args: object) -> None:
            """Quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    if tls is not None:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    api.url = f"{'https' if tls else 'http'}://127.0.0.1:{server.server_address[1]}"
    try:
        yield api
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
