"""Hosts on one machine: network namespaces on a bridge, PostgreSQL with a streaming replica, and a recording sink.

    with Network() as network:
        primary = Postgres(network.host("db1"), folder / "db1")
        primary.create()
        replica = Postgres(network.host("db2"), folder / "db2")
        replica.clone(primary)
        network.host("db1").cut()           # the cable is pulled: no reset, no answer
        replica.promote()

Processes of a host run in its namespace and share this machine's files, so the caller talks to every server over its
unix socket, whatever happens to the network. Needs root and `ip`; `missing()` says what is not there.
"""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import psycopg
from psycopg.conninfo import make_conninfo

from copies import Copies, Copy
from mailflatrate.settings.postgres import BINARIES, SYSTEM_USER

BRIDGE = "br0"
NETWORK = "10.77.0.0/24"
PORT = 5432
SINK_PORT = 2526
OWNER = "postgres"
PASSWORD = "owner-of-a-test"  # of servers that only these namespaces reach
DATABASE = "mailflatrate"
START_SECONDS = 60.0
CONFIGURATION = {
    "listen_addresses": "*",
    "port": str(PORT),
    "max_connections": "100",
    "shared_buffers": "64MB",
    "fsync": "off",  # processes are killed here, the machine is not
    "wal_level": "replica",
    "max_wal_senders": "6",
    "wal_keep_size": "512MB",
    "wal_sender_timeout": "5s",
    "wal_receiver_timeout": "5s",
    "hot_standby": "on",
    "timezone": "UTC",
    "log_min_messages": "warning",
}
ACCESS = f"local all all trust\nhost all all {NETWORK} scram-sha-256\nhost replication all {NETWORK} scram-sha-256\n"


def missing() -> str:
    """Why hosts cannot be made here; empty when they can."""
    if os.geteuid() != 0:
        return "network namespaces need root"
    if shutil.which("ip") is None:
        return "network namespaces need the command `ip` (package iproute2)"
    probe = f"mfr-probe-{os.getpid()}"
    if subprocess.run(["ip", "netns", "add", probe], capture_output=True, check=False).returncode:
        return "this system does not let us make network namespaces"
    _ip("netns", "del", probe)
    return ""


def _ip(*arguments: str) -> None:
    subprocess.run(["ip", *arguments], check=True, capture_output=True)


class Network:
    """A bridge in a namespace of its own; hosts are made when they are first asked for, and all end with the block."""

    def __init__(self) -> None:
        self._prefix = f"mfr{os.getpid()}"
        self.switch = f"{self._prefix}-switch"
        self._hosts: dict[str, Host] = {}

    def __enter__(self) -> Self:
        _ip("netns", "add", self.switch)
        _ip("-n", self.switch, "link", "add", BRIDGE, "type", "bridge")
        _ip("-n", self.switch, "link", "set", BRIDGE, "up")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for host in self._hosts.values():
            host.end()
        for namespace in [*(host.namespace for host in self._hosts.values()), self.switch]:
            with suppress(subprocess.CalledProcessError):
                _ip("netns", "del", namespace)

    def host(self, name: str) -> Host:
        """The host of this name, connected to the bridge."""
        if name not in self._hosts:
            self._hosts[name] = Host(self, f"{self._prefix}-{name}", len(self._hosts) + 1)
        return self._hosts[name]


class Host:
    """One namespace with one cable to the bridge."""

    def __init__(self, network: Network, namespace: str, number: int) -> None:
        self.namespace, self.address = namespace, f"10.77.0.{number}"
        self._switch, self._port = network.switch, f"port{number}"
        self._processes: list[subprocess.Popen[bytes] | Copy] = []
        _ip("netns", "add", namespace)
        _ip("-n", namespace, "link", "set", "lo", "up")
        _ip("-n", namespace, "link", "add", "eth0", "type", "veth", "peer", "name", self._port, "netns", self._switch)
        _ip("-n", namespace, "addr", "add", f"{self.address}/24", "dev", "eth0")
        _ip("-n", namespace, "link", "set", "eth0", "up")
        _ip("-n", self._switch, "link", "set", self._port, "master", BRIDGE, "up")

    def start(self, *command: str, **options: Any) -> subprocess.Popen[bytes]:
        """Start a process on this host; its process id is the command's own."""
        process = subprocess.Popen(["ip", "netns", "exec", self.namespace, *command], **options)
        self._processes.append(process)
        return process

    def start_copy(self, copies: Copies, *command: str, **options: Any) -> Copy:
        """Start a command of the product on this host as a copy; `options` are those of `Copies.start`."""
        process = copies.start(*command, namespace=self.namespace, **options)
        self._processes.append(process)
        return process

    def run(self, *command: str, **options: Any) -> subprocess.CompletedProcess[Any]:
        """Run a command on this host to its end. Raises CalledProcessError."""
        return subprocess.run(["ip", "netns", "exec", self.namespace, *command], check=True, **options)

    def cut(self) -> None:
        """Pull the cable: what is under way is lost, and nobody gets a reset."""
        _ip("-n", self._switch, "link", "set", self._port, "down")

    def join(self) -> None:
        """Plug the cable in again."""
        _ip("-n", self._switch, "link", "set", self._port, "up")

    def die(self) -> None:
        """Lose the host: the cable first, so that nobody hears of the end of its processes, then all of them."""
        self.cut()
        self.end()

    def end(self) -> None:
        """Kill every process that was started on this host and still runs."""
        for process in self._processes:
            if process.poll() is None:
                process.kill()
                process.wait()
        self._processes.clear()


class Postgres:
    """A server on a host, with the binaries of the embedded one; `folder` is its data."""

    def __init__(self, host: Host, folder: Path) -> None:
        self.host, self.folder = host, folder
        self.sockets = folder.with_name(f"{folder.name}-socket")  # outside of what a base backup copies
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def socket_url(self) -> str:
        """The owner's URL for the caller, over the socket."""
        return f"postgresql://{OWNER}@/{DATABASE}?host={self.sockets}&port={PORT}"

    @property
    def url(self) -> str:
        """The owner's URL for other hosts."""
        return f"postgresql://{OWNER}:{PASSWORD}@{self.host.address}:{PORT}/{DATABASE}"

    def connect(self, **options: Any) -> psycopg.Connection[tuple[Any, ...]]:
        """Connect as owner over the socket, in autocommit."""
        return psycopg.connect(make_conninfo(self.socket_url, **options), autocommit=True)

    def create(self) -> None:
        """Make an empty server and start it."""
        self._make_folders()
        (self.folder.parent / "owner-password").write_text(PASSWORD)
        self._tool(
            "initdb", "-D", str(self.folder), "-U", OWNER, "--encoding=UTF8", "--locale=C.UTF-8", "--no-sync",
            f"--pwfile={self.folder.parent / 'owner-password'}",
        )  # fmt: skip
        self._configure()
        self.start()
        with psycopg.connect(make_conninfo(self.socket_url, dbname="postgres"), autocommit=True) as owner:
            owner.execute(f"CREATE DATABASE {DATABASE}")

    def copy(self, other: Path) -> None:
        """Begin with the data of a server that was stopped, and start."""
        self._make_folders()
        subprocess.run(["cp", "-a", "--reflink=auto", f"{other}/.", str(self.folder)], check=True)
        self._configure()
        self.start()
        with self.connect() as owner:  # for replicas; the embedded server's owner has none
            owner.execute(f"ALTER ROLE {OWNER} PASSWORD '{PASSWORD}'")

    def clone(self, primary: Postgres, *, synchronous: bool = False) -> None:
        """Become a streaming replica of `primary`, and return when it is; a `synchronous` one makes each commit wait
        for it. Raises TimeoutError.
        """
        self._make_folders()
        source = make_conninfo(
            host=primary.host.address,
            port=PORT,
            user=OWNER,
            password=PASSWORD,
            application_name=self.folder.name,
            connect_timeout=3,
        )
        self._tool(
            "pg_basebackup", "-D", str(self.folder), "-d", source, "-X", "stream", "-R", "--checkpoint=fast",
            "--no-sync",
        )  # fmt: skip
        self._configure()
        self.start()
        with primary.connect() as owner:
            ends = time.monotonic() + START_SECONDS
            while not owner.execute("SELECT 1 FROM pg_stat_replication WHERE state = 'streaming'").fetchone():
                if time.monotonic() > ends:
                    raise TimeoutError(f"{self.folder.name} does not replicate")
                time.sleep(0.1)
            if synchronous:
                owner.execute("ALTER SYSTEM SET synchronous_standby_names = '*'")
                owner.execute("SELECT pg_reload_conf()")

    def start(self) -> None:
        """Start the server and return when it answers. Raises TimeoutError."""
        log = (self.folder.parent / f"{self.folder.name}.log").open("ab")
        with log:
            self._process = self.host.start(
                *_as_server_user(), str(BINARIES / "postgres"), "-D", str(self.folder), "-k", str(self.sockets),
                stdout=log, stderr=log, cwd="/", start_new_session=True,
            )  # fmt: skip
        ends = time.monotonic() + START_SECONDS
        while time.monotonic() < ends:
            with suppress(psycopg.OperationalError):
                psycopg.connect(make_conninfo(self.socket_url, dbname="postgres", connect_timeout=3)).close()
                return
            time.sleep(0.1)
        raise TimeoutError(f"{self.folder.name} does not answer; {log.name} says why")

    def stop(self) -> None:
        """Shut down in order, with a checkpoint."""
        self._end(signal.SIGINT)

    def kill(self) -> None:
        """Crash: open transactions are lost, committed ones are on disk."""
        self._end(signal.SIGQUIT)

    def promote(self) -> None:
        """Make a replica the primary; returns when it takes writes."""
        with self.connect() as owner:
            owner.execute("SELECT pg_promote()")

    def _end(self, number: signal.Signals) -> None:
        if self._process is not None and self._process.poll() is None:
            self._process.send_signal(number)
            self._process.wait(START_SECONDS)

    def _make_folders(self) -> None:
        _make_user()
        for folder in (self.folder, self.sockets):
            folder.mkdir(parents=True, exist_ok=True)
            folder.chmod(0o700)
            shutil.chown(folder, SYSTEM_USER)

    def _configure(self) -> None:
        lines = [f"{name} = '{value}'\n" for name, value in CONFIGURATION.items()]
        (self.folder / "postgresql.conf").write_text("".join(lines))
        (self.folder / "pg_hba.conf").write_text(ACCESS)

    def _tool(self, name: str, *arguments: str) -> None:
        self.host.run(*_as_server_user(), str(BINARIES / name), *arguments, cwd="/", capture_output=True)


class Sink:
    """The world's mail server on a host: `rig/sink.py`, which notes each message before it answers 250."""

    def __init__(self, host: Host, record: Path, mode: Path | None = None) -> None:
        self.host, self.record = host, record
        script = str(Path(__file__).with_name("sink.py"))
        command = [sys.executable, script, "--host", host.address, "--port", str(SINK_PORT), "--record", str(record)]
        self.process = host.start(*command, *(["--mode", str(mode)] if mode else []), stdout=subprocess.DEVNULL)

    def received(self) -> list[str]:
        """The recipients, in the order of arrival."""
        if not self.record.exists():
            return []
        return [line.split()[1] for line in self.record.read_text().splitlines()]

    def count(self) -> int:
        """Messages so far."""
        return sum(1 for _ in self.record.open("rb")) if self.record.exists() else 0


def _make_user() -> None:
    try:
        pwd.getpwnam(SYSTEM_USER)
    except KeyError:
        subprocess.run(["useradd", "--system", "--no-create-home", SYSTEM_USER], check=True)


def _as_server_user() -> list[str]:
    user = pwd.getpwnam(SYSTEM_USER)
    return ["setpriv", f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}", "--clear-groups", "--"]
