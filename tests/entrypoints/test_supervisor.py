"""The supervisor with real processes: it starts, restarts and ends them, and leaves no orphan."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path

import pytest

from free_ports import free_ports
from mailflatrate.entrypoints.workers.supervisor import Supervisor
from support.postfix_host import wait_for_greeting
from support.processes import is_alive
from support.waiting import wait_until

PATIENCE_SECONDS = 120.0


def listener_environment(folder: Path, port: int) -> dict[str, str]:
    """The environment of an inbound process that needs no database until mail comes: only the test inbox listens."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("MAILFLATRATE_")}
    return kept | {
        "MAILFLATRATE_DATA_DIR": str(folder),
        "MAILFLATRATE_INBOUND_SMTP_PORT": "0",
        "MAILFLATRATE_INBOUND_LMTP_PORT": "0",
        "MAILFLATRATE_TEST_INBOX_PORT": str(port),
    }


@contextmanager
def watching(supervisor: Supervisor) -> Iterator[threading.Thread]:
    watcher = threading.Thread(target=supervisor.watch)
    watcher.start()
    try:
        yield watcher
    finally:
        supervisor.stop()
        watcher.join()


@pytest.mark.slow
def test_a_killed_process_comes_back_and_all_end_with_the_supervisor(tmp_path: Path) -> None:
    (port,) = free_ports(1)
    supervisor = Supervisor(listener_environment(tmp_path, port))
    supervisor.add("inbound", "inbound")
    with watching(supervisor):
        wait_until(supervisor.pids, "a process")
        first = supervisor.pids()["inbound"]
        os.kill(first, signal.SIGKILL)
        wait_until(lambda: supervisor.pids().get("inbound", first) != first, "a new process")
        wait_for_greeting(port, PATIENCE_SECONDS)
        second = supervisor.pids()["inbound"]
    assert not is_alive(second)


@pytest.mark.slow
def test_a_process_that_ends_at_once_is_started_with_growing_pauses(tmp_path: Path) -> None:
    supervisor = Supervisor({"PATH": os.environ["PATH"], "MAILFLATRATE_TYPO": "1"})
    supervisor.add("web", "web")
    seen: list[tuple[float, int]] = []

    def three_starts() -> bool:
        pid = supervisor.pids().get("web")
        if pid and (not seen or seen[-1][1] != pid):
            seen.append((time.monotonic(), pid))
        return len(seen) == 3

    with watching(supervisor):
        wait_until(three_starts, "its third start")
    first, second = (later[0] - earlier[0] for earlier, later in pairwise(seen))
    assert first > 0.9
    assert second > 1.9


@pytest.mark.slow
def test_a_killed_supervisor_leaves_no_orphan(tmp_path: Path) -> None:
    (port,) = free_ports(1)
    program = (
        "import os\n"
        "from mailflatrate.entrypoints.workers.supervisor import Supervisor\n"
        "supervisor = Supervisor(dict(os.environ))\n"
        "supervisor.add('inbound', 'inbound')\n"
        "supervisor.watch()\n"
    )
    parent = subprocess.Popen([sys.executable, "-c", program], env=listener_environment(tmp_path, port))

    def listeners() -> list[int]:
        """The children that run the command, which they begin once they have asked to end with their parent."""
        children = Path(f"/proc/{parent.pid}/task/{parent.pid}/children").read_text().split()
        return [int(pid) for pid in children if b"cli.main" in Path(f"/proc/{pid}/cmdline").read_bytes()]

    try:
        (listener,) = wait_until(listeners, "a listener", seconds=PATIENCE_SECONDS)
    finally:
        parent.kill()
        parent.wait()
    wait_until(lambda: not is_alive(listener), "the end of the listener")


@pytest.mark.slow
def test_a_wait_that_a_signal_interrupted_can_be_taken_up_again(tmp_path: Path) -> None:
    """The database must not be stopped while children still run after an interrupted wait."""

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    supervisor = Supervisor(listener_environment(tmp_path, free_ports(1)[0]))
    supervisor.add("inbound", "inbound")
    before = signal.signal(signal.SIGALRM, interrupt)
    try:
        with watching(supervisor):
            wait_until(lambda: bool(supervisor.pids()), "a process")
            child = supervisor.pids()["inbound"]
            signal.setitimer(signal.ITIMER_REAL, 0.3)
            with pytest.raises(KeyboardInterrupt):
                supervisor.wait()
            assert is_alive(child)
            supervisor.stop()
            supervisor.wait()
            assert not is_alive(child)
    finally:
        signal.signal(signal.SIGALRM, before)
