"""Servers that keep us waiting, send without end, or lie inside our own network: every visit ends, and soon."""

import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from mailflatrate.entrypoints.web.tls import certificate
from mailflatrate.settings.schema import read_settings
from mailflatrate.wire import probe, spam_filter
from mailflatrate.wire.dns import DnsResolver, ZoneServer
from mailflatrate.wire.imap import MailboxAccess, MailboxUnavailable, open_mailbox
from mailflatrate.wire.public_urls import is_public
from mailflatrate.wire.smtp.types import ImapTls
from mailflatrate.wire.timestamp import StampUnavailable, ask_authority
from mailflatrate.wire.web import FetchedPage, WebStatus, fetch_page
from support.waiting import Waited

Script = Callable[[socket.socket], None]
PAUSE = 0.05


def drip(link: socket.socket, beginning: bytes, again: bytes) -> None:
    link.sendall(beginning)
    while True:
        for octet in again:
            link.sendall(bytes([octet]))
            time.sleep(PAUSE)


@contextmanager
def server(script: Script) -> Iterator[int]:
    """A server that treats each connection by the script; its port."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        stopped = threading.Event()

        def serve(link: socket.socket) -> None:
            with link, suppress(OSError):
                script(link)

        def accept() -> None:
            with suppress(OSError):
                while not stopped.is_set():
                    threading.Thread(target=serve, args=(listener.accept()[0],), daemon=True).start()

        thread = threading.Thread(target=accept, daemon=True)
        thread.start()
        yield listener.getsockname()[1]
        stopped.set()
        with suppress(OSError):
            socket.create_connection(listener.getsockname(), timeout=1).close()
        thread.join(5)


@pytest.fixture(scope="module")
def resolver() -> Iterator[DnsResolver]:
    with ZoneServer({"site.example": {"A": ["127.0.0.1"]}}) as dns:
        yield DnsResolver([dns.nameserver], timeout_seconds=2)


def after_request(beginning: bytes, again: bytes) -> Script:
    def script(link: socket.socket) -> None:
        link.recv(4096)
        drip(link, beginning, again)

    return script


OK = b"HTTP/1.1 200 OK\r\n"
DRIPPING = {
    "nothing": after_request(b"", b""),
    "status line": after_request(b"HTTP/1.1 200 ", b"O"),
    "header line": after_request(OK + b"X: ", b"x"),
    "header lines": after_request(OK, b"A: b\r\n"),
    "interim answers": after_request(b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
    "body": after_request(OK + b"Content-Length: 100000\r\n\r\n", b"x"),
    "body without length": after_request(OK + b"\r\n", b"x"),
    "chunk size": after_request(OK + b"Transfer-Encoding: chunked\r\n\r\n", b"0"),
    "chunk extension": after_request(OK + b"Transfer-Encoding: chunked\r\n\r\n1;", b"x"),
    "chunks": after_request(OK + b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\nx\r\n"),
    "trailer": after_request(OK + b"Transfer-Encoding: chunked\r\n\r\n0\r\n", b"A: b\r\n"),
}


def silent(link: socket.socket) -> None:
    """Takes everything and says nothing."""
    while link.recv(4096):
        continue


@pytest.mark.parametrize("where", DRIPPING)
def test_a_dripping_server_ends_with_the_visit(
    resolver: DnsResolver, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    monkeypatch.setattr("mailflatrate.wire.web.VISIT_SECONDS", 0.5)
    script = silent if where == "nothing" else DRIPPING[where]
    with server(script) as port:
        page, seconds = look(resolver, f"http://site.example:{port}/")
    assert (page.status, page.problem, page.html) == (WebStatus.UNKNOWN, "no answer in time", "")
    assert seconds < 2


def look(resolver: DnsResolver, url: str) -> tuple[FetchedPage, float]:
    waited = Waited()
    page = fetch_page(url, resolver, private=True)
    return page, waited.seconds


def test_a_handshake_that_drips_ends_too(resolver: DnsResolver, monkeypatch: pytest.MonkeyPatch) -> None:
    """A TLS record of 16 kB is announced and comes octet by octet."""
    monkeypatch.setattr("mailflatrate.wire.web.VISIT_SECONDS", 0.5)

    def script(link: socket.socket) -> None:
        link.recv(4096)
        drip(link, b"\x16\x03\x03\x40\x00\x02\x00\x3f\xfc", b"x")

    with server(script) as port:
        page, seconds = look(resolver, f"https://site.example:{port}/")
    assert (page.status, seconds < 2) == (WebStatus.UNKNOWN, True)


def test_drops_inside_tls_end_too(resolver: DnsResolver, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("mailflatrate.wire.web.VISIT_SECONDS", 0.8)
    settings = read_settings(
        {"MAILFLATRATE_DATA_DIR": str(tmp_path), "MAILFLATRATE_PUBLIC_URL": "https://site.example"}
    )
    cert, key = certificate(settings)
    serving, trusting = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER), ssl.create_default_context(cafile=str(cert))
    serving.load_cert_chain(cert, key)

    def script(link: socket.socket) -> None:
        with serving.wrap_socket(link, server_side=True) as inner:
            inner.recv(4096)
            drip(inner, OK, b"A: b\r\n")

    with server(script) as port:
        began = time.monotonic()
        page = fetch_page(f"https://site.example:{port}/", resolver, private=True, context=trusting)
    assert (page.status, page.problem, time.monotonic() - began < 30) == (WebStatus.UNKNOWN, "no answer in time", True)


def test_redirects_share_the_deadline(resolver: DnsResolver, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mailflatrate.wire.web.VISIT_SECONDS", 0.7)

    def script(link: socket.socket) -> None:
        link.recv(4096)
        time.sleep(0.4)
        link.sendall(b"HTTP/1.1 302 Found\r\nLocation: /again\r\nContent-Length: 0\r\n\r\n")

    with server(script) as port:
        page, seconds = look(resolver, f"http://site.example:{port}/")
    assert (page.status, page.problem, seconds < 1.5) == (WebStatus.UNKNOWN, "no answer in time", True)


@pytest.mark.parametrize(
    "flood",
    [b"X: " + b"x" * 60_000 + b"\r\n", b"HTTP/1.1 100 Continue\r\n\r\n", b"A: b\r\n"],
    ids=["long", "interim", "many"],
)
def test_a_header_without_end_is_not_kept(resolver: DnsResolver, flood: bytes) -> None:
    """Sent as fast as we read: the bound on octets ends it, long before the deadline."""

    def script(link: socket.socket) -> None:
        link.recv(4096)
        link.sendall(b"" if flood.startswith(b"HTTP") else OK)
        while True:
            link.sendall(flood)

    with server(script) as port:
        page, seconds = look(resolver, f"http://site.example:{port}/")
    assert (page.status, seconds < 3) == (WebStatus.FAILED, True)


@pytest.mark.parametrize(
    "address",
    ["192.31.196.1", "192.52.193.9", "192.175.48.6", "2620:4f:8000::1",
     "127.0.0.1", "10.1.2.3", "169.254.169.254", "100.64.0.1", "0.0.0.0", "192.0.0.8", "192.88.99.1", "224.0.0.1",
     "240.0.0.1", "255.255.255.255", "198.18.0.1", "203.0.113.1", "::", "::1", "::127.0.0.1", "::8.8.8.8",
     "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:8.8.8.8", "::ffff:0:127.0.0.1", "64:ff9b::7f00:1",
     "64:ff9b::a9fe:a9fe", "64:ff9b::808:808", "64:ff9b:1::7f00:1", "2002:7f00:1::", "2002:a00:1::1", "2001::1",
     "2001:0:7f00:1::", "2001:db8::1", "2001:10::1", "3fff::1", "100::1", "5f00::1", "fc00::1", "fd00:ec2::254",
     "fe80::1", "fec0::1", "feff::1", "ff02::1", "ff0e::1", "4000::1", "fe80::1%eth0", "site.example", ""],
)  # fmt: skip
def test_addresses_that_nobody_is_sent_to(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", ["8.8.8.8", "193.99.144.80", "2606:4700::6810:84e5", "2a02:2e0:3fe:1001::1"])
def test_addresses_of_the_public_internet(address: str) -> None:
    assert is_public(address)


def test_names_that_lead_inside_and_other_ports_are_not_visited() -> None:
    zone = {
        "nat64.example": {"AAAA": ["64:ff9b::7f00:1"]},
        "six.example": {"AAAA": ["2002:7f00:1::1"]},
        "site-local.example": {"AAAA": ["fec0::1"]},
        "mapped.example": {"AAAA": ["::ffff:127.0.0.1"]},
        "public.example": {"A": ["8.8.8.8"]},
    }
    with ZoneServer(zone) as dns:
        inside = DnsResolver([dns.nameserver], timeout_seconds=2)
        for name in ("nat64", "six", "site-local", "mapped"):
            page = fetch_page(f"http://{name}.example/", inside)
            assert (page.status, page.problem) == (WebStatus.UNKNOWN, "the address is not public"), name
        for port in (22, 25, 5432, 8000, 6379):
            page = fetch_page(f"http://public.example:{port}/", inside)
            assert (page.status, page.problem) == (WebStatus.UNKNOWN, "not a web port"), port


def test_a_time_stamping_authority_that_drips() -> None:
    with server(DRIPPING["header lines"]) as port:
        began = time.monotonic()
        with pytest.raises(StampUnavailable):
            ask_authority(f"http://127.0.0.1:{port}/", b"query", timeout_seconds=0.5)
        assert time.monotonic() - began < 30


def test_a_spam_filter_that_drips(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spam_filter, "_TIMEOUT_SECONDS", 0.5)
    with server(DRIPPING["body without length"]) as port:
        began = time.monotonic()
        assert spam_filter.ask_spam_filter(f"spamd://127.0.0.1:{port}", b"letter") is None
        assert spam_filter.ask_spam_filter(f"http://127.0.0.1:{port}", b"letter") is None
        assert time.monotonic() - began < 30


def test_a_mail_server_that_drips_at_the_doctor(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(probe, "CONVERSATION_SECONDS", 0.5)
    with server(lambda link: drip(link, b"", b"220-x\r\n")) as port:
        began = time.monotonic()
        with pytest.raises(probe.ProbeFailed):
            probe.ask_recipients("127.0.0.1", port, ["a@b.example"])
        assert time.monotonic() - began < 30


def imap_server(after_login: bytes, again: bytes) -> Script:
    """Greets, takes the sign-in, then does as told at the next command."""

    def script(link: socket.socket) -> None:
        lines = link.makefile("rb")
        link.sendall(b"* OK [CAPABILITY IMAP4rev1] ready\r\n")
        for line in lines:
            tag, command = line.split()[:2]
            if command in (b"CAPABILITY", b"LOGIN"):
                link.sendall(b"* CAPABILITY IMAP4rev1\r\n" + tag + b" OK done\r\n")
            elif not again:
                link.sendall(after_login)
            else:
                drip(link, after_login, again)

    return script


HOSTILE_IMAP: dict[str, Script] = {
    "greeting": lambda link: drip(link, b"* OK ", b"x"),
    "silence": silent,
    "untagged": imap_server(b"", b"* OK still here\r\n"),
    "literal": imap_server(b"* 1 FETCH (BODY[] {100000}\r\n", b"x"),
    "huge literal": imap_server(b"* 1 FETCH (BODY[] {99999999999}\r\n", b""),
}


@pytest.mark.parametrize(
    ("kind", "tls"),
    [*((kind, ImapTls.NEVER) for kind in HOSTILE_IMAP), ("greeting", ImapTls.IMPLICIT)],
)
def test_a_hostile_mailbox_is_left_in_time(kind: str, tls: ImapTls) -> None:
    with server(HOSTILE_IMAP[kind]) as port:
        access = MailboxAccess("127.0.0.1", port, "anna", "secret", "INBOX", tls, 5.0, 0.7)
        began = time.monotonic()
        with pytest.raises(MailboxUnavailable), open_mailbox(access) as box:
            box.unseen(at_most=10, largest_octets=1000)
        assert time.monotonic() - began < 30
