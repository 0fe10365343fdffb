"""A signal to the demonstration ends all that it started, the embedded database too."""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from free_ports import free_port
from mailflatrate.settings.postgres import EmbeddedPostgres
from prepared_database import copy_cluster, write_secrets
from support.demo import COMMAND, PORTS, PREPARED
from support.processes import children_of
from support.waiting import wait_until

PATIENCE_SECONDS = 120.0


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder that the database's user may enter; any run of pytest that begins beside this one shuts pytest's own."""
    found = Path(tempfile.mkdtemp(prefix="mailflatrate-signals-"))
    yield found
    shutil.rmtree(found, ignore_errors=True)


def demonstration(folder: Path, *program: str) -> subprocess.Popen[bytes]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("MAILFLATRATE_")}
    kept.pop("DATABASE_URL", None)
    ports = {f"MAILFLATRATE_{name}_PORT": str(free_port()) for name in PORTS}  # another one may be running
    kept |= ports | {"MAILFLATRATE_PUBLIC_URL": f"https://localhost:{ports['MAILFLATRATE_PUBLIC_PORT']}"}
    return subprocess.Popen(
        [sys.executable, *(program or COMMAND)],
        env=kept | {"MAILFLATRATE_DATA_DIR": str(folder)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        start_new_session=True,
        # A run in the background of a shell ignores SIGINT, and its children inherit that.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT], ids=["SIGTERM", "SIGINT"])
def test_a_signal_while_the_database_starts_leaves_no_server(folder: Path, number: signal.Signals) -> None:
    server = EmbeddedPostgres(folder)
    process = demonstration(folder)
    try:
        wait_until(lambda: server.pid or process.poll() is not None, "the database server")
        process.send_signal(number)
        process.communicate(timeout=PATIENCE_SECONDS)
        assert server.pid is None
    finally:
        process.kill()
        process.communicate()
        server.stop()


@pytest.mark.slow
def test_a_signal_while_the_story_is_told_ends_every_process(folder: Path) -> None:
    server = EmbeddedPostgres(folder)
    write_secrets(folder)
    copy_cluster(folder)
    process = demonstration(folder, "-c", PREPARED, str(folder))
    try:
        assert process.stderr is not None
        said: list[bytes] = []
        for line in process.stderr:
            said.append(line)
            if b"applied" in line:
                break
        assert said and b"applied" in said[-1], b"".join(said[-40:]).decode()
        children = children_of(process.pid)
        assert len(children) > 2, "the demonstration runs no processes"
        process.terminate()
        process.communicate(timeout=PATIENCE_SECONDS)
        assert process.returncode == 0
        assert server.pid is None
        assert not [pid for pid in children if Path(f"/proc/{pid}").exists()]
    finally:
        process.kill()
        process.communicate()
        server.stop()
