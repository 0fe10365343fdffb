"""Commands of the product that start as copies of one process that has everything loaded.

    with Copies() as copies:
        sender = copies.start("worker", "--queues", "send", purpose="sending", log=path)     # like subprocess.Popen
        sender.kill()
        done = copies.run(Path("bench/faults.py"), "--copies")                               # like subprocess.run

A new interpreter takes seconds of processor time until it has loaded the product. A copy has it loaded, and from there
on runs the same command with settings, connections and signal handlers of its own. Its first seconds are quicker than
in production, so large runs start interpreters, and small ones, of which tests make many, use copies.

A script that runs as a copy gets its own copies from the process that it is a copy of.
"""

from __future__ import annotations

import gc
import importlib
import json
import os
import runpy
import selectors
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, NoReturn, Self

from mailflatrate.settings.links import ProcessPurpose

LOADED = ("cli.main", "cli.serve", "workers.worker", "smtpd.listeners")
LOADED_FOR = {ProcessPurpose.PAGES: ("urls", "web.asgi")}
NEW_NETWORK = 0x40000000  # CLONE_NEWNET of <sched.h>
SHARED = "COPIES_SOCKET"
"""The variable that tells a script, itself a copy, where it gets copies."""


class Copy:
    """A running copy: what `subprocess.Popen` offers, as far as runs need it."""

    def __init__(self, copies: Copies, pid: int) -> None:
        self._copies, self.pid = copies, pid
        self.returncode: int | None = None

    def poll(self) -> int | None:
        """Return the exit code, negative after a signal; None while it runs."""
        if self.returncode is None:
            self.returncode = self._copies.order(ended=self.pid)
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        """Return the exit code once it has ended. Raises subprocess.TimeoutExpired after `timeout` seconds."""
        end, pause = time.monotonic() + (timeout or float("inf")), 0.005
        while (code := self.poll()) is None:
            if time.monotonic() > end:
                raise subprocess.TimeoutExpired(str(self.pid), timeout or 0.0)
            time.sleep(pause)
            pause = min(pause * 1.5, 0.2)
        return code

    def send_signal(self, number: int) -> None:
        """Send it a signal, unless it has ended."""
        if self.poll() is None:
            os.kill(self.pid, number)

    def terminate(self) -> None:
        """Send it SIGTERM."""
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        """Send it SIGKILL."""
        self.send_signal(signal.SIGKILL)


class Copies:
    """The process that is copied; it loads the product with the present environment, and runs nothing itself.

    In a script that runs as a copy, it is the process that started the script.
    """

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None
        self._lock = threading.Lock()
        self._link = socket.socket(socket.AF_UNIX)
        if address := os.environ.get(SHARED):
            self._address = address
            self._link.connect(address)
        else:
            self._address = str(Path(tempfile.mkdtemp(prefix="mailflatrate-copies-")) / "socket")
            with socket.socket(socket.AF_UNIX) as listener:
                listener.bind(self._address)
                listener.listen()
                number = listener.fileno()
                self._process = subprocess.Popen([sys.executable, __file__, str(number)], pass_fds=[number])
                self._link.connect(self._address)
        self._answers = self._link.makefile()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._answers.close()
        self._link.close()  # no more orders: the process ends
        if self._process is not None:
            self._process.wait()
            shutil.rmtree(Path(self._address).parent, ignore_errors=True)

    def start(
        self,
        *command: str,
        purpose: str,
        log: Path | None = None,
        environment: Mapping[str, str] | None = None,
        namespace: str = "",
    ) -> Copy:
        """Start `mailflatrate <command>`, which serves this purpose.

        What it prints goes to the end of `log`, otherwise to our standard error. It gets our present environment or
        the given one, and runs in the named network namespace if there is a name.
        """
        given = {"command": command, "purpose": purpose, "log": str(log or ""), "namespace": namespace, "script": ""}
        return Copy(self, self.order(**given, environment=dict(os.environ if environment is None else environment)))

    def start_worker(self, *queues: str, concurrency: int = 2, log: Path | None = None) -> Copy:
        """Start a worker for these queues."""
        command = ("worker", "--queues", ",".join(queues), "--concurrency", str(concurrency))
        purpose = ProcessPurpose.SENDING if queues == ("send",) else ProcessPurpose.JOBS
        return self.start(*command, purpose=purpose, log=log)

    def run(
        self, script: Path, *arguments: str, environment: Mapping[str, str] | None = None
    ) -> subprocess.CompletedProcess[str]:
        """Run a Python script to its end, in our present environment or the given one."""
        with tempfile.TemporaryDirectory() as folder:
            printed, log = Path(folder, "printed"), Path(folder, "log")
            kept = dict(os.environ if environment is None else environment) | {SHARED: self._address}
            given = {"command": arguments, "purpose": ProcessPurpose.ADMINISTRATION, "log": str(log), "namespace": ""}
            copy = Copy(self, self.order(**given, script=str(script), printed=str(printed), environment=kept))
            try:
                code = copy.wait()
            finally:
                copy.kill()
            return subprocess.CompletedProcess([str(script), *arguments], code, printed.read_text(), log.read_text())

    def order(self, **order: Any) -> Any:
        """Let the process do something, and return its answer. Threads take turns."""
        with self._lock:
            self._link.sendall(json.dumps(order).encode() + b"\n")
            return json.loads(self._answers.readline())


# -- in the process that is copied -------------------------------------------------------------------------------------


def is_copy() -> bool:
    """Return whether this process is a script that runs as a copy, so that the product is loaded already."""
    return SHARED in os.environ


def serve(listener: socket.socket) -> None:
    """Load the product, then follow the orders of all who connect, until the first one of them leaves."""
    from mailflatrate.entrypoints.boot import boot

    boot(ProcessPurpose.JOBS)
    load(LOADED)
    owner, _ = listener.accept()
    with selectors.DefaultSelector() as waiting:
        waiting.register(listener, selectors.EVENT_READ)
        waiting.register(owner, selectors.EVENT_READ, owner.makefile("rw"))
        while True:
            for key, _ready in waiting.select():
                if key.data is None:
                    other, _ = listener.accept()
                    waiting.register(other, selectors.EVENT_READ, other.makefile("rw"))
                elif line := key.data.readline():
                    print(json.dumps(follow(json.loads(line))), file=key.data, flush=True)
                elif key.fileobj is owner:
                    return
                else:
                    waiting.unregister(key.fileobj)
                    key.data.close()


def follow(order: dict[str, Any]) -> int | None:
    """Return the exit code of the copy that is asked for, or the process id of a new one."""
    if "ended" in order:
        pid, status = os.waitpid(order["ended"], os.WNOHANG)
        return os.waitstatus_to_exitcode(status) if pid else None
    load(LOADED_FOR.get(order["purpose"], ()))
    if order["purpose"] == ProcessPurpose.SENDING:
        from mailflatrate.apps.gate.recipients import load_tables

        load_tables()
    return os.fork() or become(order)


def load(modules: Iterable[str]) -> None:
    """Load modules of `mailflatrate.entrypoints`, unless they are."""
    for module in modules:
        importlib.import_module(f"mailflatrate.entrypoints.{module}")
    gc.freeze()  # a search for garbage in a copy would write to all of this memory


def become(order: dict[str, Any]) -> NoReturn:
    """Run the command or the script of an order in this process, a fresh copy."""
    nothing = os.open(os.devnull, os.O_RDWR)
    log = os.open(order["log"], os.O_WRONLY | os.O_APPEND | os.O_CREAT) if order["log"] else os.dup(2)
    printed = os.open(order["printed"], os.O_WRONLY | os.O_CREAT) if order["script"] else log
    for number, file in enumerate((nothing, printed, log)):
        os.dup2(file, number)
    if order["namespace"]:
        _enter(order["namespace"])
    os.environ.clear()
    os.environ.update(order["environment"])
    adopt(ProcessPurpose(order["purpose"]))
    if order["script"]:
        sys.argv = [order["script"], *order["command"]]
        sys.path.insert(0, str(Path(order["script"]).parent))
        runpy.run_path(order["script"], run_name="__main__")
    else:
        from mailflatrate.entrypoints.cli.main import main

        sys.argv = ["mailflatrate", *order["command"]]
        main()
    sys.exit()


def _enter(namespace: str) -> None:
    import ctypes

    with (Path("/run/netns") / namespace).open() as file:
        if ctypes.CDLL(None, use_errno=True).setns(file.fileno(), NEW_NETWORK):
            raise OSError(ctypes.get_errno(), f"cannot enter {namespace}")


def adopt(purpose: ProcessPurpose) -> None:
    """Take the settings of the present environment in place of those that were read before."""
    from django.conf import settings
    from django.db import connections

    from mailflatrate.settings import django, links, roles, schema, secrets

    for kept in (schema.load_settings, secrets.load_secrets, roles.pass_key):
        kept.cache_clear()
    links.serve_as(purpose)
    for name, value in vars(importlib.reload(django)).items():
        if name.isupper():
            setattr(settings, name, value)
    for unused in connections.all(initialized_only=True):
        del connections[unused.alias]
    vars(connections).pop("settings", None)
    vars(connections).update(_settings=None)


if __name__ == "__main__":
    with socket.socket(fileno=int(sys.argv[1])) as inherited:
        serve(inherited)
