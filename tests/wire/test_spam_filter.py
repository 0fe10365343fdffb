"""Asking SpamAssassin's daemon and rspamd, in their own words."""

import http.server
import json
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from mailflatrate.wire.spam_filter import FilterAnswer, ask_spam_filter, read_rspamd, read_spamd

LETTER = b"Subject: Bulbs\r\n\r\nHello\r\n"


@contextmanager
def spamd(answer: bytes) -> Iterator[tuple[str, list[bytes]]]:
    asked: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            stream, _ = server.accept()
            with stream:
                octets = b""
                while piece := stream.recv(4096):
                    octets += piece
                asked.append(octets)
                stream.sendall(answer)

        thread = threading.Thread(target=serve)
        thread.start()
        yield f"spamd://127.0.0.1:{server.getsockname()[1]}", asked
        thread.join()


def test_spamd_is_asked_for_its_symbols() -> None:
    answer = (
        b"SPAMD/1.1 0 EX_OK\r\nContent-length: 30\r\nSpam: True ; 6.3 / 5.0\r\n\r\nHTML_IMAGE_ONLY,MISSING_DATE\r\n"
    )
    with spamd(answer) as (place, asked):
        told = ask_spam_filter(place, LETTER)
    assert told == FilterAnswer(6.3, 5.0, ("HTML_IMAGE_ONLY", "MISSING_DATE"))
    assert asked[0].startswith(b"SYMBOLS SPAMC/1.5\r\nContent-length: %d\r\n" % len(LETTER))
    assert asked[0].endswith(LETTER)


def test_rspamd_is_asked_over_http() -> None:
    told = {"score": 7.5, "required_score": 6.0, "symbols": {"A": {"score": 1}, "B": {"score": 6}, "C": {"score": -1}}}
    bodies: list[bytes] = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            bodies.append(self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(200)
            self.end_headers()
            self.wfile.write(json.dumps(told).encode())

        def log_message(self, *_arguments: object) -> None:
            """Silent."""

    server = http.server.HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.handle_request)
    thread.start()
    assert ask_spam_filter(f"http://127.0.0.1:{server.server_port}/", LETTER) == FilterAnswer(7.5, 6.0, ("B", "A"))
    thread.join()
    server.server_close()
    assert bodies == [LETTER]


@pytest.mark.parametrize("octets", [b"", b"nonsense", b"SPAMD/1.1 76 EX_PROTOCOL\r\n\r\n", b'{"score": "x"}', b"[]"])
def test_no_answer_is_no_answer(octets: bytes) -> None:
    assert read_spamd(octets) is None
    assert read_rspamd(octets) is None


def test_nobody_there_costs_nothing() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    assert ask_spam_filter(f"spamd://127.0.0.1:{port}", LETTER) is None
    assert ask_spam_filter(f"http://127.0.0.1:{port}", LETTER) is None
