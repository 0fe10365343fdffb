"""A running demonstration for `hostile.py`: its processes, a client that speaks HTTP to it, and a watcher beside it."""

from __future__ import annotations

import http.client
import json
import multiprocessing
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

from free_ports import free_ports
from measure import TICKS

PASSWORD = "winterzwiebeln"
SECONDS = 60.0
_PORTS = ("WEB_PORT", "PUBLIC_PORT", "INBOUND_SMTP_PORT", "INBOUND_LMTP_PORT", "TEST_INBOX_PORT")


@dataclass(frozen=True, slots=True)
class Demo:
    """The ports and the processes of a demonstration."""

    web: int
    smtp: int
    pid: int

    def processes(self) -> dict[int, str]:
        """Return each of our processes by its role: web, inbound, worker, child; PostgreSQL is not one of them."""
        found: dict[int, str] = {}
        parents: dict[int, tuple[int, str]] = {}
        for entry in Path("/proc").iterdir():
            if entry.name.isdecimal():
                with suppress(OSError, IndexError, ValueError):
                    parent = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
                    parents[int(entry.name)] = parent, (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode()
        for pid, (_parent, command) in parents.items():
            if "mailflatrate" in command and self._is_ours(pid, parents):
                words = command.split()
                kind = (
                    "child"
                    if words[-1].endswith("child.inside")
                    else next((word for word in ("web", "worker", "inbound") if word in words), "")
                )
                found |= {pid: kind} if kind else {}
        return found

    def _is_ours(self, pid: int, parents: Mapping[int, tuple[int, str]]) -> bool:
        while pid in parents and pid != self.pid:
            pid = parents[pid][0]
        return pid == self.pid


@contextmanager
def demonstration(folder: str = "") -> Iterator[Demo]:
    """Start a demonstration with free ports in a folder of its own, and end it."""
    made = Path(folder or tempfile.mkdtemp(prefix="mailflatrate-hostile-"))
    made.mkdir(exist_ok=True)
    made.chmod(0o755)
    ports = {f"MAILFLATRATE_{name}": str(port) for name, port in zip(_PORTS, free_ports(len(_PORTS)), strict=True)}
    environment = {name: text for name, text in os.environ.items() if not name.startswith("MAILFLATRATE_")}
    environment |= ports | {
        "MAILFLATRATE_DATA_DIR": str(made / "data"),
        "MAILFLATRATE_PUBLIC_URL": f"https://localhost:{ports['MAILFLATRATE_PUBLIC_PORT']}",
    }
    command = [sys.executable, "-m", "mailflatrate.entrypoints.cli.main", "demo", "--json"]
    with (made / "demo.log").open("wb") as log:
        process = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=log, start_new_session=True)
    try:
        assert process.stdout is not None
        if not process.stdout.readline():
            raise SystemExit(f"the demonstration did not start: {(made / 'demo.log').read_text()[-2000:]}")
        yield Demo(int(ports["MAILFLATRATE_WEB_PORT"]), int(ports["MAILFLATRATE_INBOUND_SMTP_PORT"]), process.pid)
    finally:
        process.send_signal(signal.SIGINT)
        with suppress(subprocess.TimeoutExpired):
            process.wait(30)
        process.kill()
        shutil.rmtree(made, ignore_errors=True)


@dataclass(frozen=True, slots=True)
class Answer:
    """The response. `status` is 0 if the connection was closed without one."""

    status: int
    body: bytes
    seconds: float
    location: str = ""

    @property
    def text(self) -> str:
        """The body as text."""
        return self.body.decode("utf-8", "replace")

    def json(self) -> dict[str, Any]:
        """The body as an object."""
        found: dict[str, Any] = json.loads(self.body)
        return found


class Visitor:
    """A browser or a program: cookies, and a key where it has one."""

    def __init__(self, port: int, key: str = "") -> None:
        self._port, self._key = port, key
        self._cookies: dict[str, str] = {}

    def ask(
        self, method: str, path: str, body: bytes = b"", kind: str = "", headers: Mapping[str, str] | None = None
    ) -> Answer:
        """One request on a connection of its own."""
        sent = {"Host": f"127.0.0.1:{self._port}", "Referer": f"http://127.0.0.1:{self._port}{path}", **(headers or {})}
        sent |= {"Content-Type": kind} if kind else {}
        sent |= {"Cookie": "; ".join(f"{name}={text}" for name, text in self._cookies.items())} if self._cookies else {}
        sent |= {"Authorization": f"Bearer {self._key}"} if self._key else {}
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=SECONDS)
        begin = time.perf_counter()
        try:
            with suppress(BrokenPipeError, ConnectionResetError):  # an early refusal may still be read
                connection.request(method, path, body=body or None, headers=sent)
            answer = connection.getresponse()
            found = answer.read()
        except (OSError, http.client.HTTPException):
            return Answer(0, b"", time.perf_counter() - begin)
        finally:
            connection.close()
        for line in answer.headers.get_all("Set-Cookie") or []:
            name, _equals, rest = line.partition("=")
            self._cookies[name] = rest.partition(";")[0]
        where = urlsplit(answer.headers.get("Location", ""))
        return Answer(
            answer.status, found, time.perf_counter() - begin, where.path + (f"?{where.query}" if where.query else "")
        )

    def get(self, path: str) -> Answer:
        """Read a page."""
        return self.ask("GET", path)

    def post(self, path: str, fields: Mapping[str, str], **files: tuple[str, bytes]) -> Answer:
        """Send a form as browsers do; with files, in parts."""
        if not files:
            return self.ask("POST", path, urlencode(fields).encode(), "application/x-www-form-urlencoded")
        body, kind = in_parts(fields, files)
        return self.ask("POST", path, body, kind)

    def form(self, path: str, fields: Mapping[str, str], **files: tuple[str, bytes]) -> Answer:
        """Read the page first, for its token, then send the form."""
        token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', self.get(path).text)
        return self.post(path, {"csrfmiddlewaretoken": token[1] if token else "", **fields}, **files)

    def call(self, method: str, path: str, **values: object) -> Answer:
        """One call of the API."""
        body = json.dumps(values).encode() if values else b""
        return self.ask(method, f"/api/v1{path}", body, "application/json" if body else "")


def in_parts(fields: Mapping[str, str], files: Mapping[str, tuple[str, bytes]]) -> tuple[bytes, str]:
    """A multipart body and its content type."""
    mark = "mailflatratehostile"
    parts = [
        f'--{mark}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{text}\r\n'.encode()
        for name, text in fields.items()
    ]
    for name, (title, data) in files.items():
        head = f'--{mark}\r\nContent-Disposition: form-data; name="{name}"; filename="{title}"\r\n\r\n'
        parts += [head.encode(), data, b"\r\n"]
    return b"".join([*parts, f"--{mark}--\r\n".encode()]), f"multipart/form-data; boundary={mark}"


def sign_in(port: int, email: str) -> Visitor:
    """A customer at the studio."""
    visitor = Visitor(port)
    answer = visitor.form("/login/", {"login": email, "password": PASSWORD})
    if answer.status != 302:
        raise SystemExit(f"{email} cannot sign in: {answer.status}")
    return visitor


@dataclass(frozen=True, slots=True)
class Seen:
    """What the watcher saw during one case; megabytes and seconds."""

    health_seconds: float
    web_mb: float
    child_mb: float
    cpu_seconds: float


def watch(demo: Demo) -> Watcher:
    """A watcher in a process of its own, so that this one's work delays none of its looks."""
    ours, theirs = multiprocessing.Pipe()
    process = multiprocessing.Process(target=_watch, args=(demo, theirs), daemon=True)
    process.start()
    return Watcher(ours)


class Watcher:
    """Asks for /healthz all the time and looks at the memory of all processes."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def begin(self) -> None:
        """Forget what was seen so far."""
        self._connection.send("begin")
        self._connection.recv()

    def end(self) -> Seen:
        """What was seen since `begin`."""
        self._connection.send("end")
        seen: Seen = self._connection.recv()
        return seen


def _watch(demo: Demo, connection: Connection) -> None:
    health, kinds, before, listed, peak = 0.0, demo.processes(), dict[int, float](), 0.0, {"child": 0.0, "web": 0.0}
    spent, spent_before = dict[int, float](), dict[int, float]()
    while True:
        if connection.poll():
            if connection.recv() == "begin":
                health, kinds, peak = 0.0, demo.processes(), {"child": 0.0, "web": 0.0}
                before = {pid: _forget_peak(pid) for pid in kinds}
                spent, spent_before = {}, {pid: _cpu_seconds(pid) for pid in kinds}
                connection.send("begun")
            else:
                used = sum(after - spent_before.get(pid, 0.0) for pid, after in spent.items())
                connection.send(Seen(health, round(peak["web"], 1), round(peak["child"], 1), round(used, 2)))
        if time.monotonic() - listed > 0.05:
            kinds, listed = demo.processes(), time.monotonic()
        for pid, kind in kinds.items():
            spent[pid] = max(spent.get(pid, 0.0), _cpu_seconds(pid))
            if kind == "child":
                peak["child"] = max(peak["child"], _memory(pid, "VmHWM"))
            elif pid in before:
                peak["web"] = max(peak["web"], _memory(pid, "VmHWM") - before[pid])
        health = max(health, _health_seconds(demo.web))
        time.sleep(0.04)


def _cpu_seconds(pid: int) -> float:
    """Processor time of a process alone: those that it has reaped were seen while they ran."""
    with suppress(OSError):
        return sum(map(int, Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[11:13])) / TICKS
    return 0.0


def _forget_peak(pid: int) -> float:
    with suppress(OSError):
        Path(f"/proc/{pid}/clear_refs").write_text("5")
    return _memory(pid, "VmRSS")


def _memory(pid: int, name: str) -> float:
    with suppress(OSError):
        for line in Path(f"/proc/{pid}/status").read_text().splitlines():
            if line.startswith(name):
                return int(line.split()[1]) / 1024
    return 0.0


def _health_seconds(port: int) -> float:
    begin = time.perf_counter()
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        connection.request("GET", "/healthz")
        if connection.getresponse().read() != b'{"status": "ok"}':
            return 30.0
    except OSError:
        return 30.0
    finally:
        connection.close()
    return time.perf_counter() - begin
