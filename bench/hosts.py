"""Runs on several hosts: a campaign is sent while a host or a network fails, and a sink counts what each person got.

    python bench/hosts.py [--recipients 20000] [--only cut_primary,...] [--copies] [--small]

Hosts are network namespaces (`network.py`): a primary and a streaming replica, two sender hosts, one for the other
workers, and the world with a recording sink. Services only know the application role and have the product's defaults;
--small makes chunks and connections fewer, for few recipients. Prints one JSON object with an entry for each scenario
(`lost`, `twice`, `unknown`, `resumed_after_seconds`, `problems`); exits 1 when one of them has a problem, 3 when
namespaces cannot be made. With --copies processes start as copies of one (`copies.py`). PREPARED_CLUSTER names a data
folder with a migrated database to begin with; the tests have one.
"""

from __future__ import annotations

import argparse
import json
import os
import secrets
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import hosts_disks
import hosts_memory
import hosts_withdrawals
from copies import Copies, Copy, adopt, is_copy
from estate import Estate, build_estate, release
from hosts_memory import person_resumes
from mailflatrate.settings.links import ProcessPurpose
from network import DATABASE, SINK_PORT, Network, Postgres, Sink, missing

CANNOT = 3
CONNECTIONS, SMALL_CONNECTIONS, SMALL_CHUNK = 10, 5, 200
APP_LOGIN = "mailflatrate_app:application-of-a-test"
RUN_SECONDS = 300.0
RESUME_SECONDS = 10.0
"""Sending goes on so long after a database that takes writes is there (issue: within 10 s)."""
FENCED_SECONDS = 90.0
"""Sending goes on so long after the promotion of a replica that was behind: the journals come first, and hosts that it
can't know have a minute to come back.
"""
TAKE_OVER_SECONDS = 90.0
"""The chunks of a dead host are sent by another one so long after its death."""
END_SECONDS = 15.0
PROGRAM = ["-m", "mailflatrate.entrypoints.cli.main"]


@dataclass
class Site:
    """The hosts of one run."""

    network: Network
    folder: Path
    estate: Estate
    people: int
    run: str
    primary: Postgres
    replica: Postgres
    sink: Sink
    settings: dict[str, str]
    copies: Copies | None
    connections: int
    campaign_id: int = 0
    workers: dict[str, subprocess.Popen[bytes] | Copy] = field(default_factory=dict)
    notes: dict[str, object] = field(default_factory=dict)
    program: list[str] = field(default_factory=lambda: PROGRAM)

    def log(self, host: str) -> Path:
        """What the processes of a host print."""
        return self.folder / f"{self.run}-{host}.log"

    def data(self, name: str) -> Path:
        """The data folder of a process: one for each run, because journals belong to one database."""
        return self.folder / f"data-{self.run}-{name}"

    def start(self, name: str, *command: str, host: str = "") -> None:
        """Start `mailflatrate <command>` under this name, on a host and with a data folder of its own."""
        data = self.data(name)
        data.mkdir(exist_ok=True)
        urls = f"{self.primary.host.address}:5432,{self.replica.host.address}:5432"
        environment = {
            **{key: value for key, value in os.environ.items() if key != "DATABASE_URL"},
            **self.settings,
            "MAILFLATRATE_APP_DATABASE_URL": f"postgresql://{APP_LOGIN}@{urls}/{DATABASE}",
            "MAILFLATRATE_DATA_DIR": str(data),
            "MAILFLATRATE_LOG_LEVEL": "INFO",
        }
        if self.copies is not None:
            options: dict[str, Any] = {"environment": environment, "log": self.log(name)}
            self.workers[name] = self.network.host(host or name).start_copy(
                self.copies, *command, purpose=purpose_of(*command), **options
            )
            return
        with self.log(name).open("ab") as log:
            self.workers[name] = self.network.host(host or name).start(
                sys.executable,
                *self.program,
                *command,
                env=environment,
                stdout=log,
                stderr=log,
            )

    def start_late(self, name: str, *command: str) -> None:
        """Start a command on a host of this name whose clock is ten minutes behind."""
        copies, self.copies = self.copies, None
        self.program = [str(Path(__file__).with_name("late_clock.py"))]
        try:
            self.start(name, *command)
        finally:
            self.copies, self.program = copies, PROGRAM

    def wait_received(self, count: int, seconds: float = RUN_SECONDS) -> None:
        """Return when the sink has `count` messages. Raises TimeoutError."""
        end = time.monotonic() + seconds
        while self.sink.count() < count:
            if time.monotonic() > end:
                raise TimeoutError(f"{self.run}: {self.sink.count()} of {count} messages came")
            time.sleep(0.05)

    def wait_end(self, server: Postgres) -> None:
        """Return when the campaign is over in this database. Raises TimeoutError."""
        end = time.monotonic() + RUN_SECONDS
        with server.connect() as owner:
            question = "SELECT state, state_reason FROM campaign WHERE id = %s"
            while (found := owner.execute(question, [self.campaign_id]).fetchone()) and found[0] != "sent":
                if time.monotonic() > end:
                    raise TimeoutError(f"{self.run}: {found}, {self.sink.count()} at the sink")
                time.sleep(0.2)

    def resumed_after(self, since: float) -> float:
        """Seconds from `since` until the sink gets the next message. Raises TimeoutError."""
        self.wait_received(self.sink.count() + 1)
        return round(time.monotonic() - since, 2)


def purpose_of(command: str, *arguments: str) -> str:
    """Return what a command of the product serves, as it tells itself when it begins."""
    if command == "worker":
        return "sending" if "send" in arguments else "jobs"
    return {"inbound": "listening", "web": "pages"}.get(command, "administration")


def compare(site: Site, server: Postgres) -> dict[str, object]:
    """Every recipient's state in the database against what the sink received."""
    received = Counter(site.sink.received())
    with server.connect() as owner:
        rows = owner.execute(
            "SELECT c.email, d.state FROM delivery d JOIN contact c ON c.id = d.contact_id WHERE d.campaign_id = %s",
            [site.campaign_id],
        ).fetchall()
    states = Counter(state for _, state in rows)
    lost = sum(1 for email, state in rows if state == "sent" and not received[email])
    unseen = sum(1 for email, state in rows if state not in ("sent", "in_doubt") and received[email])
    twice = sum(1 for count in received.values() if count > 1)
    problems = {
        "a recipient has no row": len(rows) != site.people,
        "somebody is sent and did not get it": lost > 0,
        "somebody got it and is neither sent nor unknown": unseen > 0,
        "somebody got it twice": twice > 0,
        "unknown results beyond the open connections": states["in_doubt"] > site.connections + 2,
        "somebody waits for ever": set(states) - {"sent", "in_doubt"} != set(),
    }
    return {
        "lost": lost + sum(count for state, count in states.items() if state not in ("sent", "in_doubt")),
        "twice": twice,
        "unknown": states["in_doubt"],
        "states": dict(states),
        "problems": [name for name, wrong in problems.items() if wrong],
    }


# -- the scenarios -----------------------------------------------------------------------------------------------------


def cut_primary(site: Site) -> Postgres:
    """Pull the primary's cable while a campaign runs; six seconds later the synchronous replica is promoted."""
    site.wait_received(site.people // 4)
    site.primary.host.cut()
    time.sleep(6)
    site.replica.promote()
    site.notes["resumed_after_seconds"] = site.resumed_after(time.monotonic())
    return site.replica


def cut_for(seconds: float) -> Callable[[Site], Postgres]:
    """Pull the primary's cable for so long, then reconnect it."""

    def scenario(site: Site) -> Postgres:
        site.wait_received(site.people // 4)
        site.primary.host.cut()
        time.sleep(seconds)
        site.primary.host.join()
        site.notes["resumed_after_seconds"] = site.resumed_after(time.monotonic())
        return site.primary

    return scenario


def stop_without_a_database(site: Site) -> Postgres:
    """Every process gets SIGTERM three seconds after the database vanished, and new ones continue the campaign."""
    site.wait_received(site.people // 4)
    site.primary.host.cut()
    time.sleep(3)
    end_all(site)
    site.primary.host.join()
    start_workers(site)
    site.notes["resumed_after_seconds"] = site.resumed_after(time.monotonic())
    return site.primary


def promoted_then_stopped(site: Site) -> Postgres:
    """`cut_primary`, and when the campaign is over the new primary vanishes, and every process gets SIGTERM."""
    cut_primary(site)
    site.wait_end(site.replica)
    site.replica.host.cut()
    time.sleep(3)
    end_all(site)
    return site.replica


def kill_host(site: Site) -> Postgres:
    """A sender host dies in the middle: the other one sends the rest, and only its open connections are unknown."""
    site.wait_received(site.people // 4)
    began = time.monotonic()
    site.network.host("sender1").die()
    wait_chunks_taken_over(site)
    site.notes["resumed_after_seconds"] = round(time.monotonic() - began, 1)
    return site.primary


def late_journal(site: Site) -> Postgres:
    """A sender host dies, the campaign ends, and its journal is read afterwards on another host."""
    kill_host(site)
    site.wait_end(site.primary)
    with site.primary.connect() as owner:
        site.notes["unknown_before_replay"] = owner.execute(
            "SELECT count(*) FROM delivery WHERE campaign_id = %s AND state = 'in_doubt'", [site.campaign_id]
        ).fetchone()[0]  # type: ignore[index]  # a count has a row
    journals = site.data("sender1") / "journal"
    site.start("replay", "journal", "replay", str(journals), "--complete", host="house")
    assert site.workers.pop("replay").wait(60) == 0, site.log("replay").read_text()[-2000:]
    with site.primary.connect() as owner:
        left = owner.execute(
            "SELECT count(*) FROM delivery WHERE campaign_id = %s AND state = 'pending'", [site.campaign_id]
        ).fetchone()
    site.notes["certainly_unsent"] = left[0] if left else None
    if left and left[0]:
        site.start("resend", "campaigns", "send-unsent", str(site.campaign_id), host="house")
        assert site.workers.pop("resend").wait(60) == 0, site.log("resend").read_text()[-2000:]
    return site.primary


def promote_behind(site: Site) -> Postgres:
    """An asynchronous replica that is four seconds behind is promoted: the journals know what it has forgotten."""
    site.wait_received(site.people // 4)
    site.replica.host.cut()
    time.sleep(4)
    site.primary.host.die()
    site.replica.host.join()
    time.sleep(6)
    site.replica.promote()
    site.notes["resumed_after_seconds"] = site.resumed_after(time.monotonic())
    return site.replica


def restore_backup(site: Site) -> Postgres:
    """The campaign runs to its end, then a backup from its middle takes the database's place; a person resumes."""
    site.wait_received(site.people // 4)
    site.replica.host.cut()  # from now on it is a backup
    site.wait_end(site.primary)
    for name in ("sender1", "sender2"):
        site.workers[name].terminate()
        site.workers.pop(name).wait(30)
    before = site.sink.count()
    site.primary.host.die()
    site.replica.host.join()
    site.replica.promote()
    for name in ("sender1", "sender2"):
        site.start(name, "worker", "--queues", "send", "--name", name)
    person_resumes(site)
    site.notes["sent_again"] = site.sink.count() - before
    return site.replica


def wait_chunks_taken_over(site: Site) -> None:
    """Return when no chunk is held by a sender that is gone. Raises TimeoutError."""
    lost = (site.data("sender1") / "journal" / "host").read_text().strip()
    end = time.monotonic() + RUN_SECONDS
    question = "SELECT count(*) FROM chunk WHERE state = 'sending' AND claimed_by LIKE %s"
    with site.primary.connect() as owner:
        while (found := owner.execute(question, [f"{lost}.%"]).fetchone()) and found[0]:
            if time.monotonic() > end:
                raise TimeoutError(f"{site.run}: the chunks of the dead host are not taken over")
            time.sleep(0.2)


def end_all(site: Site) -> None:
    """SIGTERM to every process; notes how long each takes to end."""
    began = time.monotonic()
    for process in site.workers.values():
        process.terminate()
    taken = {}
    for name, process in site.workers.items():
        process.wait(60)
        taken[name] = round(time.monotonic() - began, 1)
    site.notes["seconds_to_end"] = taken


SCENARIOS: dict[str, Callable[[Site], Postgres]] = {
    "cut_primary": cut_primary,
    "cut_1_s": cut_for(1),
    "cut_10_s": cut_for(10),
    "cut_400_s": cut_for(400),
    "stop_without_a_database": stop_without_a_database,
    "promoted_then_stopped": promoted_then_stopped,
    "kill_host": kill_host,
    "late_journal": late_journal,
    "promote_behind": promote_behind,
    "restore_backup": restore_backup,
    **hosts_memory.SCENARIOS,
    **hosts_withdrawals.SCENARIOS,
    **hosts_disks.SCENARIOS,
}
PERSON_RESUMES = {"restore_backup", "snapshot_put_back", *hosts_withdrawals.PERSON_RESUMES}
STOPS_ALL = {"stop_without_a_database", "promoted_then_stopped"}
"""Pages and the listener run as well. They start first, because loading them takes as long as a small campaign."""
SYNCHRONOUS = {"cut_primary", "promoted_then_stopped"}
FENCED = {"promote_behind", "unknown_host_lost", "unknown_host_alive", "clock_behind"}
FENCED |= {"promoted_after_11_minutes", "promoted_after_an_hour", *hosts_withdrawals.FENCED}
TAKES_OVER = {"kill_host", "late_journal"}
RESUMES_AT_ONCE = {"cut_primary", "cut_1_s", "cut_10_s", "cut_400_s", "promoted_then_stopped"}


def start_workers(site: Site) -> None:
    """Two senders on hosts of their own, and the other workers on a third."""
    for name in ("sender1", "sender2"):
        site.start(name, "worker", "--queues", "send", "--name", name)
    site.start("house", "worker", "--queues", "plan,import,inbound,house")


def start_others(site: Site) -> None:
    """The pages and the listener, on the host of the other workers."""
    site.start("web", "web", host="house")
    site.start("inbound", "inbound", host="house")


def run_scenario(
    template: Path, estate: Estate, people: int, name: str, settings: dict[str, str], copies: Copies | None
) -> dict[str, object]:
    """Run one campaign with one event, on its own hosts that begin with the same data."""
    from django.db import connections

    folder = template.parent
    began = time.monotonic()
    with Network() as network:
        primary = Postgres(network.host("db1"), folder / "db1")
        replica = Postgres(network.host("db2"), folder / "db2")
        site = None
        try:
            primary.copy(template)
            replica.clone(primary, synchronous=name in SYNCHRONOUS)
            world = network.host("world")
            (folder / "mode").write_text("slow")  # each reply 20 ms late, so that the event comes in the middle
            sink = Sink(world, folder / f"sink-{name}.txt", folder / "mode")
            relay = {"MAILFLATRATE_RELAY_HOST": world.address, "MAILFLATRATE_RELAY_PORT": str(SINK_PORT)}
            person = {"MAILFLATRATE_RESUME_AFTER_PROMOTION": str(name not in PERSON_RESUMES).lower()}
            settings = {**settings, **relay, **person}
            most = int(settings.get("MAILFLATRATE_SENDER_CONNECTIONS", CONNECTIONS))
            site = Site(network, folder, estate, people, name, primary, replica, sink, settings, copies, most)
            site.campaign_id = release(estate)
            connections.close_all()
            if name in STOPS_ALL:
                start_others(site)
            start_workers(site)
            server = SCENARIOS[name](site)
            site.wait_end(server)
            found = {**compare(site, server), **site.notes}
            late = name in RESUMES_AT_ONCE and float(str(site.notes["resumed_after_seconds"])) > RESUME_SECONDS
            late |= name in FENCED and float(str(site.notes["resumed_after_seconds"])) > FENCED_SECONDS
            late |= name in TAKES_OVER and float(str(site.notes["resumed_after_seconds"])) > TAKE_OVER_SECONDS
            if late and isinstance(found["problems"], list):
                found["problems"].append("sending went on late")
            taken = site.notes.get("seconds_to_end")
            if isinstance(taken, dict) and max(taken.values()) > END_SECONDS and isinstance(found["problems"], list):
                found["problems"].append("a process ended late")
        except (AssertionError, TimeoutError, subprocess.SubprocessError) as problem:
            found = {"problems": [f"{type(problem).__name__}: {problem}"], **(site.notes if site else {})}
        finally:
            connections.close_all()
    for server in (primary, replica):
        shutil.rmtree(server.folder, ignore_errors=True)
    return {**found, "seconds": round(time.monotonic() - began, 1)}


@contextmanager
def template_of(folder: Path, people: int) -> Iterator[tuple[Path, Estate]]:
    """A stopped server with a migrated database, a customer and their list; this process's Django talks to `db1`."""
    with Network() as network:
        server = Postgres(network.host("db1"), folder / "db1")
        if prepared := os.environ.get("PREPARED_CLUSTER"):
            server.copy(Path(prepared) / "postgres")
        else:
            server.create()
        os.environ["DATABASE_URL"] = server.socket_url
        application = f"postgresql://{APP_LOGIN}@/{DATABASE}?host={server.sockets}"
        os.environ["MAILFLATRATE_APP_DATABASE_URL"] = application
        if is_copy():
            adopt(ProcessPurpose.ADMINISTRATION)
        from django.db import connections

        from mailflatrate.entrypoints.boot import boot
        from mailflatrate.entrypoints.cli.setup import bring_up_to_date

        bring_up_to_date(boot())
        estate = build_estate(people)
        connections.close_all()
        server.stop()
    template = folder / "template"
    server.folder.rename(template)
    yield template, estate


@contextmanager
def workspace(*, is_small: bool) -> Iterator[tuple[Path, dict[str, str]]]:
    """A folder, and the settings that all processes of all hosts share."""
    folder = Path(tempfile.mkdtemp(prefix="mailflatrate-hosts-"))
    folder.chmod(0o755)
    is_kept = "MAILFLATRATE_KEEP" in os.environ
    for name in [name for name in os.environ if name.startswith("MAILFLATRATE_") or name.startswith("DATABASE_URL")]:
        del os.environ[name]
    keys = {"secret_key": secrets.token_urlsafe(48), "token_keys": f"a:{secrets.token_hex(32)}"}
    if prepared := os.environ.get("PREPARED_CLUSTER"):  # a database knows its keys
        keys = json.loads((Path(prepared) / "secrets.json").read_text())
    shared = keys | {
        "relay_tls": "never",
        "canary_wait_seconds": "0",
        "retry_first_seconds": "2",
    }
    if is_small:
        shared |= {"sender_connections": str(SMALL_CONNECTIONS), "chunk_size": str(SMALL_CHUNK)}
    settings = {f"MAILFLATRATE_{name.upper()}": value for name, value in shared.items()}
    os.environ.update(settings | {"MAILFLATRATE_DATA_DIR": str(folder), "MAILFLATRATE_LOG_LEVEL": "WARNING"})
    os.environ["DJANGO_SETTINGS_MODULE"] = "mailflatrate.settings.django"
    try:
        yield folder, settings
    finally:
        if not is_kept:
            shutil.rmtree(folder, ignore_errors=True)


def main() -> None:
    """Run the chosen scenarios one after another and print the results."""
    parser = argparse.ArgumentParser(description="runs on several hosts")
    parser.add_argument("--recipients", type=int, default=20_000)
    parser.add_argument("--only", default=",".join(SCENARIOS), help="comma-separated: " + ", ".join(SCENARIOS))
    parser.add_argument("--copies", action="store_true", help="start processes as copies of one")
    parser.add_argument("--small", action="store_true", help="smaller chunks, fewer connections: for few recipients")
    options = parser.parse_args()
    if reason := missing():
        print(reason, file=sys.stderr)
        sys.exit(CANNOT)
    results: dict[str, Any] = {}
    with (
        workspace(is_small=options.small) as (folder, settings),
        template_of(folder, options.recipients) as (template, estate),
        Copies() if options.copies else nullcontext() as copies,
    ):
        for name in options.only.split(","):
            results[name] = run_scenario(template, estate, options.recipients, name, settings, copies)
            print(f"{name}: {json.dumps(results[name])}", file=sys.stderr, flush=True)
    print(json.dumps({"recipients": options.recipients, "scenarios": results}))
    sys.exit(1 if any(found["problems"] for found in results.values()) else 0)


if __name__ == "__main__":
    main()
