"""A program that receives webhooks: it checks each signature with the `standardwebhooks` library and keeps what it got.

with receiver(secret) as program: ...
python -m support.receiver PORT FILE SECRET     # as a process of its own, which may be killed
"""

import json
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from standardwebhooks.webhooks import Webhook, WebhookVerificationError


@dataclass
class Receiver:
    """What came in, and how it answers: `answers` maps a type to a status, `status` is that of all others."""

    secret: str = ""
    url: str = ""
    status: int = 204
    answers: dict[str, int] = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)
    taken: list[dict[str, Any]] = field(default_factory=list)
    forged: int = 0

    def take(self, headers: dict[str, str], body: bytes) -> int:
        """Verify and keep one call; return the status of the answer."""
        if self.secret:
            try:
                Webhook(self.secret).verify(body, headers)
            except WebhookVerificationError:
                self.forged += 1
                return 401
        event = json.loads(body)
        status = self.answers.get(event["type"], self.status)
        if 200 <= status < 300:
            self.taken.append(event)
        return status

    @property
    def types(self) -> list[str]:
        return [event["type"] for event in self.taken]


def _handler(program: Receiver, file: Path | None = None) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            status = program.take({name.lower(): text for name, text in self.headers.items()}, body)
            if file is not None and 200 <= status < 300:
                with file.open("a") as kept:
                    kept.write(body.decode() + "\n")
            said = b"" if status == 204 else b"thank you"
            self.send_response(status)
            for name, text in program.headers.items():
                self.send_header(name, text)
            self.send_header("Content-Length", str(len(said)))
            self.end_headers()
            self.wfile.write(said)

        def log_message(self, *_words: Any) -> None:
            """Say nothing."""

    return Handler


@contextmanager
def receiver(secret: str = "", **values: Any) -> Iterator[Receiver]:
    program = Receiver(secret, **values)
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(program))
    server.daemon_threads = True
    program.url = f"http://127.0.0.1:{server.server_port}/hook"
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield program
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


if __name__ == "__main__":
    at, to, known = sys.argv[1:]
    ThreadingHTTPServer(("127.0.0.1", int(at)), _handler(Receiver(known), Path(to))).serve_forever()
