"""A storm of bounces: how fast returned mail is taken, and how fast it is processed with all its consequences.

    python bench/inbound.py [--messages 50000] [--kill]

A campaign was sent to that many people; now each of them sends back a delivery report (2 % of them a complaint
instead), over real SMTP to the real listener, while one worker process reads. The clock of `taken` runs until the
last 250, that of `worked_off` from the first message until each has had its consequence. Meanwhile a page is
fetched again and again. `--kill` sends SIGKILL to the listener and the worker, three times each, in the middle.
Afterward the tables are compared with what was sent: exit 1 when an answered message is missing or a consequence
is duplicated. Prints one JSON object.
"""

from __future__ import annotations

import argparse
import json
import os
import queue
import signal
import socket
import statistics
import subprocess
import sys
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from urllib.request import urlopen

from estate import Estate, build_estate, release, worker_command, workspace
from free_ports import free_port, wait_for
from measure import cpu_seconds, family, machine

SENDERS = 8
COMPLAINTS_EACH = 50
KILLS = 3
MOST_SECONDS = 1800
CLI = [sys.executable, "-m", "mailflatrate.entrypoints.cli.main"]


@dataclass(frozen=True, slots=True)
class Returned:
    """One message on its way back."""

    delivery_id: int
    envelope_to: str
    raw: bytes


class Client:
    """One SMTP connection, a command at a time. Raises OSError for everything but the reply it waits for."""

    def __init__(self, port: int, source: str = "127.0.0.2") -> None:
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=60, source_address=(source, 0))
        self._file = self._socket.makefile("rb")
        self._expect(b"220")
        self._say(b"EHLO storm.example", b"250")

    def send(self, one: Returned) -> None:
        """Return when the message was answered 250."""
        self._say(b"MAIL FROM:<>", b"250")
        self._say(b"RCPT TO:<" + one.envelope_to.encode() + b">", b"250")
        self._say(b"DATA", b"354")
        self._say(one.raw + b"\r\n.", b"250")

    def _say(self, line: bytes, code: bytes) -> None:
        self._socket.sendall(line + b"\r\n")
        self._expect(code)

    def _expect(self, code: bytes) -> None:
        while True:
            line = self._file.readline()
            if line[:3] != code:
                raise ConnectionError(f"{line!r} instead of {code!r}")
            if line[3:4] != b"-":
                return

    def close(self) -> None:
        """Go away."""
        self._socket.close()


@dataclass
class Storm:
    """The sending side: what was answered 250, and how often one had to be sent again."""

    port: int
    waiting: queue.Queue[Returned] = field(default_factory=queue.Queue)
    answered: set[int] = field(default_factory=set)
    again: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def work(self) -> None:
        """Send until nothing waits; a message without its 250 is sent again."""
        client: Client | None = None
        while True:
            try:
                one = self.waiting.get_nowait()
            except queue.Empty:
                break
            try:
                client = client or Client(self.port)
                client.send(one)
                with self.lock:
                    self.answered.add(one.delivery_id)
            except OSError:
                client = None
                self.waiting.put(one)
                with self.lock:
                    self.again += 1
                time.sleep(0.2)
        if client is not None:
            client.close()


def mark_sent(estate: Estate, campaign_id: int) -> list[int]:
    """As if a sender had delivered all of it; the ids of the deliveries."""
    from django.db import connection

    from mailflatrate.base import tenancy

    with tenancy.account(estate.account_id), connection.cursor() as cursor:
        cursor.execute(
            "UPDATE delivery SET state = 'sent', settled_at = now() - interval '1 hour' WHERE campaign_id = %s"
            " RETURNING id",
            [campaign_id],
        )
        ids = [row[0] for row in cursor.fetchall()]
        cursor.execute("UPDATE chunk SET state = 'done' WHERE campaign_id = %s", [campaign_id])
        cursor.execute("UPDATE campaign SET state = 'sent' WHERE id = %s", [campaign_id])
        cursor.execute("DELETE FROM tally WHERE campaign_id = %s", [campaign_id])
        cursor.execute(
            "INSERT INTO tally (account_id, chunk_id, campaign_id, state, detail, count) SELECT account_id, chunk_id,"
            " campaign_id, 'sent', '', count(*) FROM delivery WHERE campaign_id = %s GROUP BY 1, 2, 3",
            [campaign_id],
        )
    return ids


def letters_back(estate: Estate, ids: list[int]) -> list[Returned]:
    """A report for each delivery, addressed as the world would."""
    from mailflatrate.apps.inbound.intake import Arrival
    from mailflatrate.base.ids import key_ring
    from mailflatrate.entrypoints.smtpd.simulated_world import delivery_report, feedback_report
    from mailflatrate.mail.identifiers.tokens import TokenPurpose
    from mailflatrate.mail.identifiers.verp import return_path

    ring, found = key_ring(), []
    for number, delivery_id in enumerate(ids):
        path = return_path(ring.seal(TokenPurpose.VERP, estate.account_id, delivery_id), "bounce.shop.example")
        head = b"From: anna@shop.example\r\nTo: dora@people.example\r\nSubject: Autumn\r\n"
        arrival = Arrival("smtp", "127.0.0.1", path, f"dora{number}@people.example", head + b"\r\nHello.\r\n")
        if number % COMPLAINTS_EACH == 7:
            found.append(Returned(delivery_id, path, feedback_report(arrival, path)))
        else:
            found.append(Returned(delivery_id, path, delivery_report(arrival)))
    return found


def open_messages() -> tuple[int, int]:
    """Messages stored, and those of them not worked off."""
    from mailflatrate.apps.inbound.models import RawMail
    from mailflatrate.base import tenancy
    from mailflatrate.base.tenancy import PlatformReason

    with tenancy.platform(PlatformReason.METRICS):
        return RawMail.objects.count(), RawMail.objects.filter(state="new").count()


def compare(estate: Estate, campaign_id: int, storm: Storm, people: int) -> list[str]:
    """What does not hold: every answered message stored and read, every consequence once."""
    from django.db import connection

    from mailflatrate.base import tenancy
    from mailflatrate.base.tenancy import PlatformReason

    complaints = len(range(7, people, COMPLAINTS_EACH))
    with tenancy.platform(PlatformReason.METRICS), connection.cursor() as cursor:

        def one(statement: str) -> int:
            cursor.execute(statement, {"account": estate.account_id, "campaign": campaign_id})
            return int(cursor.fetchone()[0] or 0)

        stored = one("SELECT count(DISTINCT delivery_id) FROM raw_mail WHERE account_id = %(account)s")
        found = {
            "a message that was answered is missing": stored < len(storm.answered),
            "something was not read": one("SELECT count(*) FROM raw_mail WHERE state <> 'handled'") > 0,
            "bounced deliveries": one(
                "SELECT count(*) FROM delivery WHERE campaign_id = %(campaign)s AND state = 'bounced'"
            )
            != people - complaints,
            "the tallies differ": one(
                "SELECT sum(count) FROM tally WHERE campaign_id = %(campaign)s AND state = 'bounced'"
            )
            != people - complaints,
            "tallies in all": one("SELECT sum(count) FROM tally WHERE campaign_id = %(campaign)s") != people,
            "facts": one("SELECT count(*) FROM feedback WHERE campaign_id = %(campaign)s") != people,
            "suppressions": one("SELECT count(DISTINCT address_key) FROM suppression WHERE lifted_at IS NULL")
            != people,
        }
    return [name for name, wrong in found.items() if wrong]


class Processes:
    """The listener, the reader and the pages, each of which may be killed and started again."""

    def __init__(self, port: int, web_port: int) -> None:
        nothing = {"stdout": subprocess.DEVNULL}
        self.environment = {
            **os.environ,
            "MAILFLATRATE_INBOUND_SMTP_PORT": str(port),
            "MAILFLATRATE_INBOUND_LMTP_PORT": "0",
            "MAILFLATRATE_TEST_INBOX_PORT": "0",
            "MAILFLATRATE_WEB_PORT": str(web_port),
        }
        self.commands = {
            "listener": [*CLI, "inbound"],
            "reader": worker_command("inbound", "house", "plan", concurrency=4),
            "web": [*CLI, "web"],
        }
        self.running = {
            name: subprocess.Popen(command, env=self.environment, **nothing)  # type: ignore[call-overload]
            for name, command in self.commands.items()
        }

    def kill(self, name: str) -> None:
        """SIGKILL with everything it started, then a fresh one."""
        for pid in family(self.running[name].pid):
            os.kill(pid, signal.SIGKILL)
        self.running[name].wait()
        self.running[name] = subprocess.Popen(
            self.commands[name], env=self.environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )

    def end(self) -> None:
        """Stop all of them."""
        for process in self.running.values():
            for pid in family(process.pid):
                os.kill(pid, signal.SIGKILL)
            process.wait()


def watch_page(web_port: int, stop: threading.Event, seconds: list[float]) -> None:
    """What a visitor of the pages waits meanwhile."""
    while not stop.wait(0.25):
        begin = time.perf_counter()
        with urlopen(f"http://127.0.0.1:{web_port}/login/", timeout=60) as answer:
            answer.read()
        seconds.append(time.perf_counter() - begin)


def run(folder: Path, people: int, *, kill: bool) -> dict[str, object]:
    """The whole storm."""
    from mailflatrate.settings.postgres import EmbeddedPostgres

    estate = build_estate(people)
    campaign_id = release(estate)
    letters = letters_back(estate, mark_sent(estate, campaign_id))
    port, web_port = free_port(), free_port()
    storm, stop, waits = Storm(port), threading.Event(), list[float]()
    for letter in letters:
        storm.waiting.put(letter)
    processes = Processes(port, web_port)
    try:
        wait_for(port)
        wait_for(web_port)
        pages = threading.Thread(target=watch_page, args=(web_port, stop, waits))
        pages.start()
        database = family(EmbeddedPostgres(folder).pid or 0)
        used = sum(map(cpu_seconds, database))
        begin = time.perf_counter()
        threads = [threading.Thread(target=storm.work) for _ in range(SENDERS)]
        for thread in threads:
            thread.start()
        for number in range(KILLS if kill else 0):
            while len(storm.answered) < people * (number + 1) // (KILLS + 2):
                time.sleep(0.05)
            processes.kill("reader")
            processes.kill("listener")
        for thread in threads:
            thread.join()
        taken = time.perf_counter() - begin
        while open_messages()[1]:
            if time.perf_counter() - begin > MOST_SECONDS:
                break
            time.sleep(0.2)
        worked_off = time.perf_counter() - begin
        listener = cpu_seconds(processes.running["listener"].pid)
        reader = cpu_seconds(processes.running["reader"].pid)
        stop.set()
        pages.join()
    finally:
        stop.set()
        processes.end()
    problems = compare(estate, campaign_id, storm, people)
    return {
        "messages": people, "sent_again": storm.again, "stored": open_messages()[0],
        "taken_per_second": round(people / taken), "worked_off_per_second": round(people / worked_off),
        "page_median_ms": round(1000 * statistics.median(waits)), "page_worst_ms": round(1000 * max(waits)),
        "cpu_us_per_message": {
            "listener": round(listener / people * 1e6), "reader": round(reader / people * 1e6),
            "postgres": round((sum(map(cpu_seconds, database)) - used) / people * 1e6),
        },
        "kills": KILLS if kill else 0, "problems": problems,
    }  # fmt: skip


def main() -> None:
    """Run and print; exit 1 when something does not hold."""
    parser = argparse.ArgumentParser(description="a storm of bounces")
    parser.add_argument("--messages", type=int, default=50_000)
    parser.add_argument("--kill", action="store_true", help="kill the listener and the reader in the middle")
    options = parser.parse_args()
    with workspace(log_level="ERROR", retry_first_seconds="2") as folder:
        result = {**run(folder, options.messages, kill=options.kill), "machine": machine()}
    print(json.dumps(result))
    sys.exit(1 if result["problems"] else 0)


if __name__ == "__main__":
    main()
