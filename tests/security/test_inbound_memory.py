"""Messages that are small on the wire and large in memory, sent to the real listener by hand."""

import asyncio
import os
import random
import socket
import subprocess
import sys
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from free_ports import free_ports
from mailflatrate.apps.inbound.intake import Arrival
from mailflatrate.entrypoints.smtpd.connection_limits import CountedLMTP, Visitors
from mailflatrate.entrypoints.smtpd.content import (
    LONGEST_LINE_BYTES,
    MOST_LINES,
    BoundedSMTP,
    Content,
    ContentBudget,
    ContentRefusal,
)
from mailflatrate.entrypoints.smtpd.listeners import InboxHandler, Spool
from mailflatrate.entrypoints.smtpd.simulated_world import SimulatedInternet
from mailflatrate.settings import load_settings
from support.postfix_host import wait_for_greeting
from support.waiting import wait_until_async

MEGABYTE = 1024 * 1024
ENVELOPE = b"EHLO a.example\r\nMAIL FROM:<a@a.example>\r\nRCPT TO:<b@test-inbox.example>\r\nDATA\r\n"
FLOODS = {
    "lines of three octets": b"a\r\n",
    "empty lines": b"\r\n",
    "stuffed dots": b"..\r\n",
    "bare line feeds": b"\n",
    "one line": b"a",
    "lines of the usual length": b"a" * 70 + b"\r\n",
}


@contextmanager
def inbound_process(folder: Path) -> Iterator[tuple[int, int]]:
    """Pid and port of `mailflatrate inbound`, whose one listener needs no database until a message is whole."""
    (port,) = free_ports(1)
    kept = {name: value for name, value in os.environ.items() if not name.startswith("MAILFLATRATE_")}
    environment = kept | {
        "MAILFLATRATE_DATA_DIR": str(folder),
        "MAILFLATRATE_INBOUND_SMTP_PORT": "0",
        "MAILFLATRATE_INBOUND_LMTP_PORT": "0",
        "MAILFLATRATE_TEST_INBOX_PORT": str(port),
    }
    command = [sys.executable, "-m", "mailflatrate.entrypoints.cli.main", "inbound"]
    with (
        (folder / "log").open("wb") as log,
        subprocess.Popen(command, env=environment, stdout=log, stderr=log) as one,
    ):
        try:
            wait_for_greeting(port)
            yield one.pid, port
        finally:
            one.terminate()


def peak_megabytes(pid: int) -> float:
    """The most memory a process has held so far."""
    status = Path(f"/proc/{pid}/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) / 1024


def until_data(port: int) -> socket.socket:
    client = socket.create_connection(("127.0.0.1", port), timeout=60)
    client.sendall(ENVELOPE)
    seen = b""
    while b"\n354 " not in seen:
        seen += client.recv(4096)
    return client


@pytest.mark.slow
def test_a_flood_of_any_lines_takes_little_memory_and_nobody_waits(tmp_path: Path) -> None:
    """31 MB each. One object a line took 900 MB and seconds."""
    with inbound_process(tmp_path) as (pid, port):
        before = peak_megabytes(pid)
        for name, line in FLOODS.items():
            block = line * (MEGABYTE // len(line))
            client = until_data(port)
            for _ in range(31):
                client.sendall(block)
                with socket.create_connection(("127.0.0.1", port), timeout=10) as other:
                    assert other.recv(100).startswith(b"220 ")
            client.sendall(b"\r\n.\r\n")
            assert client.recv(100)[:3] in (b"552", b"500"), name
            client.sendall(b"NOOP\r\n")
            assert client.recv(100).startswith(b"250 "), name
            client.close()
            assert peak_megabytes(pid) - before < 100, name


def by_lines(wire: bytes) -> tuple[bytes, bytes]:
    """The content and what follows it, as RFC 5321 section 4.5.2 says it, line by line."""
    content = b""
    while not wire.startswith(b".\r\n"):
        line, _, wire = wire.partition(b"\r\n")
        content += line.removeprefix(b".") + b"\r\n"
    return content, wire[3:]


def test_content_is_the_same_in_whatever_pieces_it_comes() -> None:
    """Bare CR and LF end nothing, so nothing is smuggled: only CRLF dot CRLF does."""
    dice = random.Random(5321)
    for _ in range(3000):
        wire = b"".join(dice.choices([b"\r", b"\n", b".", b"\r\n", b"a", b"\r\n."], k=dice.randrange(30)))
        wire += b"\r\n.\r\nQUIT\r\n"
        content, left = Content(ContentBudget()), wire
        rest: bytes | None = None
        while rest is None:
            size = dice.choice([1, 2, 3, 40])
            chunk, left = left[:size], left[size:]
            rest = content.feed(chunk)
        assert (content.whole(), rest + left) == by_lines(wire), wire
        assert content.refused is None


@pytest.mark.parametrize("size", [1, 7, 64 * 1024])
def test_the_limits_are_exact(size: int) -> None:
    longest = b"a" * (LONGEST_LINE_BYTES - 2) + b"\r\n"
    for wire, largest, refused in [
        (longest * 3, 3 * len(longest), None),
        (longest * 3, 3 * len(longest) - 1, ContentRefusal.TOO_LARGE),
        (b"b\r\n" + longest + b"a" + longest, None, ContentRefusal.TOO_LONG),
        (b"a\n" * LONGEST_LINE_BYTES + b"\r\n", None, ContentRefusal.TOO_LONG),
        (b"\r\n" * 5, None, None),
    ]:
        content, whole = Content(ContentBudget(), largest), wire + b".\r\n"
        for at in range(0, len(whole), size):
            rest = content.feed(whole[at : at + size])
        assert (content.refused, rest) == (refused, b"")
        assert content.whole() == (b"" if refused else wire)


def test_lines_are_counted() -> None:
    for extra, refused in [(0, None), (1, ContentRefusal.TOO_MANY_LINES)]:
        content = Content(ContentBudget())
        assert content.feed(b"\r\n" * (MOST_LINES + extra) + b".\r\nX") == b"X"
        assert content.refused is refused


async def _talk(
    make: Callable[[InboxHandler], asyncio.Protocol], script: Callable[[int], Awaitable[None]]
) -> list[Arrival]:
    """Run a script against a listener on a port of its own; returns what the listener stored."""
    kept: list[tuple[Arrival, str]] = []
    spool = Spool(kept.extend)
    handler = InboxHandler(spool, SimulatedInternet(load_settings()))
    server = await asyncio.get_running_loop().create_server(lambda: make(handler), "127.0.0.1", 0)
    try:
        await script(server.sockets[0].getsockname()[1])
    finally:
        server.close()
        await spool.close()
    return [arrival for arrival, _ in kept]


async def _begun(port: int, envelope: bytes = ENVELOPE) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(envelope)
    while not (await reader.readline()).startswith(b"354"):
        pass
    return reader, writer


def test_all_connections_share_one_budget_and_give_it_back() -> None:
    """A message that finds no room is to come again; it's taken once the other connection is gone."""
    budget = ContentBudget(MEGABYTE)
    most = (b"a" * 98 + b"\r\n") * 9000

    async def script(port: int) -> None:
        _, greedy = await _begun(port)
        greedy.write(most)
        await greedy.drain()

        def is_used_up() -> bool:
            if not budget.take(MEGABYTE // 2):
                return True
            budget.give_back(MEGABYTE // 2)
            return False

        await wait_until_async(is_used_up, "the budget in use")
        reader, writer = await _begun(port)
        writer.write(most + b".\r\n")
        assert (await reader.readline()).startswith(b"452 4.3.1 ")
        greedy.transport.abort()
        await wait_until_async(lambda: budget.take(MEGABYTE), "the budget given back")
        budget.give_back(MEGABYTE)
        writer.write(ENVELOPE)
        while not (await reader.readline()).startswith(b"354"):
            pass
        writer.write(most + b".\r\nNOOP\r\n")
        assert [(await reader.readline())[:4] for _ in range(2)] == [b"250 ", b"250 "]
        assert budget.take(MEGABYTE)
        writer.close()

    talk = _talk(lambda handler: BoundedSMTP(handler, budget, hostname="x"), script)
    assert [arrival.raw for arrival in asyncio.run(asyncio.wait_for(talk, 30))] == [most]


def test_lmtp_answers_once_for_each_recipient() -> None:
    """Also for a refused message; otherwise the relay waits for replies that never come (RFC 2033 section 4.2)."""
    rcpt = b"RCPT TO:<%b@test-inbox.example>\r\n"
    envelope = b"LHLO a.example\r\nMAIL FROM:<a@a.example>\r\n" + rcpt % b"b" + rcpt % b"c" + rcpt % b"b" + b"DATA\r\n"

    async def script(port: int) -> None:
        for content, code in [(b"Subject: x\r\n\r\nx\r\n", b"250 2.0.0"), (b"a" * 2000 + b"\r\n", b"500 Line ")]:
            reader, writer = await _begun(port, envelope)
            writer.write(content + b".\r\nQUIT\r\n")
            replies = (await reader.read()).splitlines()
            assert [reply[:9] for reply in replies] == [code] * 3 + [b"221 Bye"]
            writer.close()

    talk = _talk(lambda handler: CountedLMTP(handler, Visitors(""), hostname="x"), script)
    arrivals = asyncio.run(asyncio.wait_for(talk, 30))
    assert [(one.envelope_to, one.raw) for one in arrivals] == [
        (address, b"Subject: x\r\n\r\nx\r\n") for address in ("b@test-inbox.example", "c@test-inbox.example")
    ]
