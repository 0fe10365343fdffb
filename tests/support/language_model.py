"""A language model outside of the service: a chat-completions endpoint that keeps every octet it gets."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from mailflatrate.settings.schema import load_settings

KEY = "sk-of-the-operator"


def chat_answer(*suggestions: str) -> dict[str, Any]:
    """What a well-behaved model sends back."""
    content = json.dumps({"suggestions": list(suggestions)})
    return {"choices": [{"message": {"role": "assistant", "content": content}, "finish_reason": "stop"}]}


@dataclass
class LanguageModel:
    """What it answers to the text of a question, and what it was sent. `hold` keeps it from answering."""

    url: str = ""
    answer: Callable[[str], Any] = lambda _text: chat_answer("Short.")
    status: int = 200
    hold: threading.Event | None = None
    received: list[bytes] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    asked: threading.Event = field(default_factory=threading.Event)

    @property
    def host(self) -> str:
        """The host as customers read it."""
        return self.url.partition("//")[2].partition("/")[0]

    @property
    def questions(self) -> list[dict[str, Any]]:
        """What was posted, read."""
        return [json.loads(body) for body in self.received]


@contextmanager
def language_model() -> Iterator[LanguageModel]:
    """Serve the endpoint while the block runs."""
    model = LanguageModel()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            model.received.append(body)
            model.headers.append({name.lower(): value for name, value in self.headers.items()} | {":path": self.path})
            model.asked.set()
            if model.hold is not None:
                model.hold.wait(20)
            said = model.answer(json.loads(body)["messages"][1]["content"])
            self.send_response(model.status)
            self.send_header("Content-Type", "application/json")
            self.end_headers()
            with suppress(OSError):  # the one who asked is gone
                self.wfile.write(said if isinstance(said, bytes) else json.dumps(said).encode())

        def log_message(self, *_args: object) -> None:
            """Quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    model.url = f"http://127.0.0.1:{server.server_address[1]}/v1"
    try:
        yield model
    finally:
        if model.hold is not None:
            model.hold.set()
        server.shutdown()
        server.server_close()
        thread.join()


@contextmanager
def installed_model(monkeypatch: pytest.MonkeyPatch, **settings: str) -> Iterator[LanguageModel]:
    """The operator of this installation has set the endpoint; `settings` by their names without the prefix."""
    with language_model() as model:
        values = {"WRITING_URL": model.url, "WRITING_MODEL": "small-model", "WRITING_KEY": KEY, **settings}
        with monkeypatch.context() as patch:
            for name, value in values.items():
                patch.setenv(f"MAILFLATRATE_{name}", value)
            load_settings.cache_clear()
            try:
                yield model
            finally:
                patch.undo()
                load_settings.cache_clear()
