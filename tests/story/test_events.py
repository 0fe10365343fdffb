"""Real processes: a receiver that is killed misses nothing, a worker that is killed loses nothing, and a program that
waits at the feed hears within a second.
"""

import json
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TypeVar
from urllib.parse import quote

import pytest

from copies import Copies, Copy
from free_ports import free_port
from mailflatrate.apps.accounts.models import KeyScope
from mailflatrate.apps.events.actions import endpoints
from mailflatrate.apps.events.actions.endpoints import EndpointOrder
from mailflatrate.base import tenancy
from mailflatrate.base.outbox.writing import emit
from mailflatrate.rules.events import EventType
from mailflatrate.settings import load_settings
from support.api import program
from support.customers import Customer
from support.served import Served, served
from support.waiting import wait_until

EVENTS = 400
Running = TypeVar("Running", subprocess.Popen[bytes], Copy)
OPEN = {"MAILFLATRATE_WEBHOOK_NETWORKS": "127.0.0.0/8", "MAILFLATRATE_LOG_LEVEL": "WARNING"}


@pytest.fixture
def opened(database: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    assert database
    for name, text in OPEN.items():
        monkeypatch.setenv(name, text)
    load_settings.cache_clear()
    yield
    monkeypatch.undo()
    load_settings.cache_clear()


@contextmanager
def receiver(*arguments: str) -> Iterator[subprocess.Popen[bytes]]:
    """The customer's program for the block."""
    script = Path(__file__).parents[1] / "support" / "receiver.py"
    with ended(subprocess.Popen([sys.executable, str(script), *arguments], stderr=subprocess.DEVNULL)) as running:
        yield running


@contextmanager
def ended(running: Running) -> Iterator[Running]:
    """The process for the block, which ends with it."""
    try:
        yield running
    finally:
        running.terminate()
        with suppress(subprocess.TimeoutExpired):
            running.wait(20)
        running.kill()
        running.wait()


def kill(running: subprocess.Popen[bytes] | Copy) -> None:
    running.send_signal(signal.SIGKILL)
    running.wait()


def taken(file: Path) -> list[str]:
    """The ids that the receiver verified and kept, in order."""
    return [json.loads(line)["id"] for line in file.read_text().splitlines()] if file.exists() else []


def test_a_killed_receiver_and_a_killed_worker_miss_nothing(opened: None, copies: Copies, tmp_path: Path) -> None:
    anna, port, file = Customer.registered("Anna"), free_port(), tmp_path / "taken"
    with tenancy.account(anna.account_id):
        made = endpoints.create_endpoint(EndpointOrder(f"http://127.0.0.1:{port}/hook"), by=anna.owner)
    receiving = (str(port), str(file), made.secret)

    def write(count: int) -> None:
        for number in range(count):
            with tenancy.account(anna.account_id):
                emit(EventType.CONTACT_ERASED, {"contact_id": number, "reason": "erased"})

    with ended(copies.start_worker("house")) as first:
        with receiver(*receiving) as program:
            write(EVENTS // 4)
            wait_until(lambda: len(set(taken(file))) >= EVENTS // 8, "the first events", seconds=60)
            kill(program)
        write(EVENTS // 4)
        with receiver(*receiving):
            write(EVENTS // 4)
            wait_until(lambda: len(set(taken(file))) > EVENTS // 2, "events after the restart", seconds=90)
            kill(first)
    with ended(copies.start_worker("house")), receiver(*receiving):
        write(EVENTS - 3 * (EVENTS // 4))
        wait_until(lambda: len(set(taken(file))) >= EVENTS, "every event", seconds=120)
    assert len(set(taken(file))) == EVENTS


def read(web: Served, path: str, secret: str, *, accept: str = "application/json") -> tuple[int, bytes, float]:
    """The answer of the feed, and how long it took."""
    answer = web.ask(f"/api/v1/events{path}", headers={"Authorization": f"Bearer {secret}", "Accept": accept})
    return answer.status, answer.body, answer.seconds


def test_who_waits_at_the_feed_hears_within_a_second_and_holds_no_thread(opened: None, copies: Copies) -> None:
    anna = Customer.vetted()
    secret = program(anna.account_id, anna.owner, [KeyScope.EVENTS]).secret
    with served(copies, tls=False) as web:
        start = json.loads(read(web, "?after=now", secret)[1])["next"]
        threads = [_Reading(web, f"?wait=20&after={quote(start)}", secret) for _ in range(15)]
        status, _body, seconds = read(web, f"?wait=1&after={quote(start)}&types=domain.failed", secret)
        assert status == 200 and 0.9 < seconds < 18, "others wait, and none of them keeps a thread"
        with tenancy.account(anna.account_id):
            emit(EventType.COMPLAINT_RECEIVED, {"campaign_id": 5})
        committed = time.monotonic()
        for each in threads:
            each.thread.join(20)
        assert max(each.ended for each in threads) - committed < 15, "they'd wait for 20; bench/events.py measures"
        for each in threads:
            page = json.loads(each.body)
            assert [item["data"] for item in page["items"]] == [{"campaign_id": 5}]


class _Reading:
    """A request in a thread of the test."""

    def __init__(self, web: Served, path: str, secret: str) -> None:
        self.body, self.ended = b"", 0.0

        def run() -> None:
            _status, self.body, _seconds = read(web, path, secret)
            self.ended = time.monotonic()

        self.thread = threading.Thread(target=run, daemon=True)
        self.thread.start()


def test_a_stream_goes_on_where_it_was(opened: None, copies: Copies) -> None:
    anna = Customer.vetted()
    secret = program(anna.account_id, anna.owner, [KeyScope.EVENTS]).secret
    with served(copies, tls=False) as web:
        for number in (1, 2):
            with tenancy.account(anna.account_id):
                emit(EventType.COMPLAINT_RECEIVED, {"campaign_id": number})
        found = _stream(web, secret, events=2)
        assert [json.loads(data)["data"]["campaign_id"] for _id, data in found] == [1, 2]
        again = _stream(web, secret, events=1, last=found[0][0])
        assert [json.loads(data)["data"]["campaign_id"] for _id, data in again] == [2]


def _stream(web: Served, secret: str, *, events: int, last: str = "") -> list[tuple[str, str]]:
    """Connect as an EventSource does, read so many events, and go."""
    with web.connect() as link:
        head = (
            f"GET /api/v1/events?types=complaint.received HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {secret}"
        )
        head += "\r\nAccept: text/event-stream" + (f"\r\nLast-Event-ID: {last}" if last else "")
        link.sendall(f"{head}\r\n\r\n".encode())
        said = b""
        while said.count(b"\ndata: ") < events:
            part = link.recv(65536)
            assert part, said
            said += part
    ids = [line[4:].decode() for line in said.split(b"\n") if line.startswith(b"id: ")]
    return list(zip(ids, [line[6:].decode() for line in said.split(b"\n") if line.startswith(b"data: ")], strict=False))
