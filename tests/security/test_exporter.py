"""The exporter of a host, attacked: methods, paths, headers, slow clients, many connections, other networks."""

import http.client
import socket
import threading
import time
from collections.abc import Iterator

import pytest
from prometheus_client.parser import text_string_to_metric_families

from mailflatrate.entrypoints.cli import exporter
from mailflatrate.settings.schema import load_settings
from support.waiting import wait_until


@pytest.fixture
def port(monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    """A running exporter for loopback alone, which gives a client half a second."""
    changed = load_settings().model_copy(update={"metrics_port": 0, "metrics_host": "127.0.0.1"})
    monkeypatch.setattr(exporter, "load_settings", lambda: changed)
    monkeypatch.setattr(exporter, "REQUEST_SECONDS", 0.5)
    with exporter.make_exporter(changed) as server:
        running = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        running.start()
        yield server.server_port
        server.shutdown()
        running.join()


def asked(port: int, request: bytes) -> bytes:
    """What the exporter answers to these bytes, until it closes."""
    with socket.create_connection(("127.0.0.1", port), timeout=10) as client:
        client.sendall(request)
        found = b""
        try:
            while more := client.recv(65_536):
                found += more
        except ConnectionResetError:
            pass
    return found


def works(port: int) -> bool:
    client = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    client.request("GET", "/metrics")
    answer = client.getresponse()
    body = answer.read().decode()
    client.close()
    return answer.status == 200 and len(list(text_string_to_metric_families(body))) > 0


@pytest.mark.parametrize(
    "line",
    [
        "POST /metrics", "PUT /metrics", "DELETE /metrics", "OPTIONS *", "TRACE /metrics", "CONNECT host:443",
        "get /metrics",
        "GET /", "GET /metrics/", "GET /metrics/../metrics", "GET /../../etc/passwd",
        "GET /..%2f..%2fetc%2fpasswd", "GET /%2e%2e/secrets.json", "GET /metrics%00", "GET http://other.example/x",
    ],
)  # fmt: skip
def test_it_has_two_pages_and_reads_no_files(port: int, line: str) -> None:
    answer = asked(port, f"{line} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
    assert answer.split(b"\r\n", 1)[0].split()[1] in (b"404", b"400"), answer[:100]
    assert b"root:" not in answer and b"secret" not in answer


@pytest.mark.parametrize(
    "request_bytes",
    [
        b"GET /metrics HTTP/1.1\r\n" + b"X: y\r\n" * 200 + b"\r\n",  # more headers than it reads
        b"GET /metrics HTTP/1.1\r\nX: " + b"y" * 1_000_000,
        b"GET /" + b"a" * 1_000_000,
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(500),  # TLS
        b"\r\n\r\n",
        b"\0" * 70_000,
        b"GET /metrics\r\n\r\n",
        b"GET /metrics HTTP/9.9\r\n\r\n",
        b"POST /metrics HTTP/1.1\r\nContent-Length: 99999999999\r\n\r\n",
        b"POST /metrics HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nffffffff\r\n",
    ],
)
def test_a_request_it_cannot_read_ends_that_connection_alone(port: int, request_bytes: bytes) -> None:
    began = time.monotonic()
    answer = asked(port, request_bytes)
    assert time.monotonic() - began < 8
    assert b"200 OK" not in answer or request_bytes == b"GET /metrics\r\n\r\n"
    assert works(port)


def test_a_client_that_drips_is_cut_off_whatever_it_sends(port: int) -> None:
    """A byte now and then would keep a limit for silence alone from ever running out."""
    began = time.monotonic()
    with socket.create_connection(("127.0.0.1", port), timeout=10) as client:
        client.sendall(b"GET /metrics HTTP/1.1\r\nX: ")
        with pytest.raises((BrokenPipeError, ConnectionResetError)):
            while time.monotonic() - began < 20:
                client.sendall(b"y")
                time.sleep(0.05)
    assert works(port)


def test_connections_at_once_have_a_limit_and_threads_with_them(port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exporter, "REQUEST_SECONDS", 30.0)
    before = threading.active_count()
    idle = [socket.create_connection(("127.0.0.1", port), timeout=10) for _ in range(60)]
    try:
        share = exporter.MOST_OF_ONE
        wait_until(lambda: threading.active_count() - before >= share, "the threads of one address", seconds=20)
        assert threading.active_count() - before <= exporter.MOST_OF_ONE
        assert asked(port, b"GET /metrics HTTP/1.1\r\n\r\n") == b"", "one address has its share"
    finally:
        for client in idle:
            client.close()
    wait_until(lambda: threading.active_count() <= before, "the end of the threads", seconds=20)
    assert works(port)


def test_other_networks_are_not_even_read(port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    closed = load_settings().model_copy(update={"metrics_networks": "192.0.2.0/24"})
    monkeypatch.setattr(exporter, "load_settings", lambda: closed)
    for request in (b"GET /metrics HTTP/1.1\r\n\r\n", b"GET /metrics HTTP/1.1\r\nX-Forwarded-For: 192.0.2.7\r\n\r\n"):
        assert asked(port, request) == b""
