"""The doctor's looks at a port: a certificate as a stranger sees it, and which recipients a listener takes."""

import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from socket import create_server

import pytest

from mailflatrate.entrypoints.web.tls import certificate
from mailflatrate.settings.schema import read_settings
from mailflatrate.wire.probe import ProbeFailed, ask_recipients, read_certificate
from support.fake_relay import FakeRelay, Step


@contextmanager
def tls_port(cert: Path, key: Path) -> Iterator[int]:
    """Open a port that accepts every TLS handshake until the block ends."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(cert, key)
    listening = create_server(("127.0.0.1", 0))
    listening.settimeout(0.2)
    over = threading.Event()

    def serve() -> None:
        while not over.is_set():
            try:
                plain, _ = listening.accept()
            except TimeoutError:
                continue
            with plain:
                plain.settimeout(5)
                try:
                    context.wrap_socket(plain, server_side=True).close()
                except OSError:
                    continue

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        yield int(listening.getsockname()[1])
    finally:
        over.set()
        thread.join()
        listening.close()


@pytest.fixture
def own(tmp_path: Path) -> tuple[Path, Path]:
    return certificate(read_settings({"MAILFLATRATE_DATA_DIR": str(tmp_path)}))


def test_a_certificate_of_a_trusted_authority_is_read(own: tuple[Path, Path]) -> None:
    with tls_port(*own) as port:
        seen = read_certificate("localhost", port, cafile=str(own[0]))
    assert seen.issuer == "localhost"
    assert seen.not_after.tzinfo is not None


def test_a_self_signed_certificate_is_none(own: tuple[Path, Path]) -> None:
    with tls_port(*own) as port, pytest.raises(ProbeFailed, match="self-signed"):
        read_certificate("localhost", port)


def test_a_certificate_for_another_name_is_none(own: tuple[Path, Path]) -> None:
    with tls_port(*own) as port, pytest.raises(ProbeFailed, match=r"127\.0\.0\.1"):
        read_certificate("127.0.0.1", port, cafile=str(own[0]))


def test_a_closed_port_is_a_failure() -> None:
    with create_server(("127.0.0.1", 0)) as free:
        port = int(free.getsockname()[1])
    with pytest.raises(ProbeFailed):
        read_certificate("localhost", port)
    with pytest.raises(ProbeFailed):
        ask_recipients("127.0.0.1", port, ["abuse@mailflatrate.example"])


def test_each_recipient_gets_its_reply_and_no_letter_is_sent() -> None:
    relay = FakeRelay()
    relay.on(Step.RCPT, "nobody@mailflatrate.example", "550 5.1.1 No such address here")
    with relay.run_in_thread():
        said = ask_recipients("127.0.0.1", relay.port, ["abuse@mailflatrate.example", "nobody@mailflatrate.example"])
    assert said["abuse@mailflatrate.example"].startswith("250")
    assert said["nobody@mailflatrate.example"] == "550 5.1.1 No such address here"
    assert not relay.received


def test_a_server_that_wants_nothing_is_a_failure() -> None:
    relay = FakeRelay()
    relay.on(Step.EHLO, None, "554 5.3.2 not today")
    with relay.run_in_thread(), pytest.raises(ProbeFailed, match="554"):
        ask_recipients("127.0.0.1", relay.port, ["abuse@mailflatrate.example"])
