"""Commands of the product that start as copies of one process that has everything loaded.

    with Copies() as copies:
        sender = copies.start("worker", "--queues", "send", purpose="sending", log=path)     # like subprocess.Popen
        sender.kill()

A new interpreter takes seconds of processor time until it has loaded the product. A copy has it loaded, and from there
on runs the same command with settings, connections and signal handlers of its own. Its first seconds are quicker than
in production, so large runs start interpreters, and small ones, of which tests make many, use copies.
"""

from __future__ import annotations

import gc
import importlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, NoReturn, Self

from mailflatrate.settings.links import ProcessPurpose

LOADED = ("cli.main", "cli.serve", "workers.worker", "smtpd.listeners")
LOADED_FOR = {ProcessPurpose.PAGES: ("urls", "web.asgi")}
NEW_NETWORK = 0x40000000  # CLONE_NEWNET of <sched.h>


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
        end = time.monotonic() + (timeout or float("inf"))
        while (code := self.poll()) is None:
            if time.monotonic() > end:
                raise subprocess.TimeoutExpired(str(self.pid), timeout or 0.0)
            time.sleep(0.01)
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
    """The process that is copied; it loads the product with the present environment, and runs nothing itself."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, __file__], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.communicate()  # no more orders: it ends

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
        given = {"command": command, "purpose": purpose, "log": str(log or ""), "namespace": namespace}
        return Copy(self, self.order(**given, environment=dict(os.environ if environment is None else environment)))

    def start_worker(self, *queues: str, concurrency: int = 2, log: Path | None = None) -> Copy:
        """Start a worker for these queues."""
        command = ("worker", "--queues", ",".join(queues), "--concurrency", str(concurrency))
        purpose = ProcessPurpose.SENDING if queues == ("send",) else ProcessPurpose.JOBS
        return self.start(*command, purpose=purpose, log=log)

    def order(self, **order: Any) -> Any:
        """Let the process do something, and return its answer."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        print(json.dumps(order), file=self._process.stdin, flush=True)
        return json.loads(self._process.stdout.readline())


# -- in the process that is copied -------------------------------------------------------------------------------------


def serve() -> None:
    """Load the product, then follow orders until there are no more."""
    from mailflatrate.entrypoints.boot import boot

    boot(ProcessPurpose.JOBS)
    load(LOADED)
    while line := sys.stdin.readline():
        order = json.loads(line)
        if "ended" in order:
            pid, status = os.waitpid(order["ended"], os.WNOHANG)
            answer = os.waitstatus_to_exitcode(status) if pid else None
        else:
            load(LOADED_FOR.get(order["purpose"], ()))
            if not (answer := os.fork()):
                become(order)
        print(json.dumps(answer), flush=True)


def load(modules: Iterable[str]) -> None:
    """Load modules of `mailflatrate.entrypoints`, unless they are."""
    for module in modules:
        importlib.import_module(f"mailflatrate.entrypoints.{module}")
    gc.freeze()  # a search for garbage in a copy would write to all of this memory


def become(order: dict[str, Any]) -> NoReturn:
    """Run the command of an order in this process, a fresh copy."""
    nothing = os.open(os.devnull, os.O_RDWR)
    log = os.open(order["log"], os.O_WRONLY | os.O_APPEND | os.O_CREAT) if order["log"] else os.dup(2)
    for number, file in enumerate((nothing, log, log)):
        os.dup2(file, number)
    if order["namespace"]:
        _enter(order["namespace"])
    _adopt(order["environment"], ProcessPurpose(order["purpose"]))
    from mailflatrate.entrypoints.cli.main import main

    sys.argv = ["mailflatrate", *order["command"]]
    main()
    sys.exit()


def _enter(namespace: str) -> None:
    import ctypes

    with (Path("/run/netns") / namespace).open() as file:
        if ctypes.CDLL(None, use_errno=True).setns(file.fileno(), NEW_NETWORK):
            raise OSError(ctypes.get_errno(), f"cannot enter {namespace}")


def _adopt(environment: dict[str, str], purpose: ProcessPurpose) -> None:
    """Take these settings in place of those that were read when the product was loaded."""
    from django.conf import settings
    from django.db import connections

    from mailflatrate.settings import django, links, roles, schema, secrets

    os.environ.clear()
    os.environ.update(environment)
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
    serve()
