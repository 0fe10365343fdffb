"""What the doctor says of the database server."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import psycopg
import pytest
from django.db import connection
from psycopg.conninfo import conninfo_to_dict

from mailflatrate.apps.delivery import fence
from mailflatrate.base import clock
from mailflatrate.entrypoints.boot.doctor_report import Level, Line
from mailflatrate.entrypoints.cli.doctor.database import store_lines
from mailflatrate.settings.database_memory import SERVICES, DatabaseMemory
from mailflatrate.settings.postgres import BINARIES, OWNER
from mailflatrate.settings.roles import app_login
from mailflatrate.settings.schema import load_settings
from support.waiting import wait_until


def test_the_embedded_server_is_known_by_its_socket(database: str, tmp_path: Path) -> None:
    """`up` gives its processes the server's address, and the set-up page runs the doctor below one of them."""
    assert database
    own = load_settings()
    below_up = own.model_copy(update={"app_database_url": app_login(own)})
    texts = [line.text for line in store_lines(below_up)]
    assert "none: the embedded server has no failover" in texts
    assert any("the embedded server" in text and text.startswith("PostgreSQL") for text in texts)
    elsewhere = below_up.model_copy(update={"data_dir": tmp_path})
    replica = next(line for line in store_lines(elsewhere) if line.topic == "replica")
    assert replica.level is Level.WARNING


def of_replica(elsewhere: Path) -> Line:
    """What the doctor says of replicas for a server that isn't the embedded one of its data folder."""
    own = load_settings()
    settings = own.model_copy(update={"app_database_url": app_login(own), "data_dir": elsewhere})
    return next(line for line in store_lines(settings) if line.topic == "replica")


@contextmanager
def synchronous(database: str, names: str) -> Iterator[psycopg.Connection[tuple[object, ...]]]:
    """The server makes each commit wait for a standby, for the block, and lets one in."""
    access = Path(str(conninfo_to_dict(database)["host"])) / "pg_hba.conf"
    before = access.read_text()
    with psycopg.connect(database, autocommit=True) as owner:

        def is_set(value: str) -> bool:
            owner.execute("SELECT pg_reload_conf()")
            return owner.execute("SELECT current_setting('synchronous_standby_names')").fetchone() == (value,)

        try:
            access.write_text(before.replace("local all", "local replication") + before)
            owner.execute(f"ALTER SYSTEM SET synchronous_standby_names = '{names}'")
            wait_until(lambda: is_set(names), "the setting is in force")
            yield owner
        finally:
            access.write_text(before)
            owner.execute("ALTER SYSTEM RESET synchronous_standby_names")
            wait_until(lambda: is_set(""), "the setting is gone")


@contextmanager
def standby(database: str, folder: Path) -> Iterator[None]:
    """A receiver of the log that confirms what it has on disk, as a synchronous replica does."""
    target = f"host={conninfo_to_dict(database)['host']} user={OWNER} application_name=second"
    receiver = subprocess.Popen(
        [str(BINARIES / "pg_receivewal"), "-D", str(folder), "--synchronous", "--no-loop", "-d", target],
        stderr=subprocess.DEVNULL,
    )
    try:
        yield
    finally:
        receiver.terminate()
        receiver.wait(20)


@pytest.mark.slow
def test_the_doctor_says_whether_a_failover_loses_anything(database: str, tmp_path: Path) -> None:
    """With a real standby, with one that is away, and with commits that don't wait for it."""
    assert of_replica(tmp_path).level is Level.WARNING
    with synchronous(database, "ANY 1 (*)") as owner:
        alone = of_replica(tmp_path)
        assert (alone.level, "no replica is connected" in alone.text) == (Level.MISSING, True)
        folder = tmp_path / "wal"
        folder.mkdir()
        with standby(database, folder):
            states = "SELECT sync_state FROM pg_stat_replication WHERE application_name = 'second'"
            wait_until(lambda: owner.execute(states).fetchall() == [("quorum",)], "the standby confirms")
            both = of_replica(tmp_path)
            assert (both.level, "(ANY 1 (*))" in both.text) == (Level.OK, True)
            for commit in ("remote_write", "local", "off"):
                with connection.cursor() as cursor:
                    cursor.execute("SELECT set_config('synchronous_commit', %s, false)", [commit])
                assert of_replica(tmp_path).level is Level.WARNING, commit
            connection.close()
        wait_until(lambda: of_replica(tmp_path).level is Level.MISSING, "the doctor sees that it left")
    assert of_replica(tmp_path).level is Level.WARNING


def test_a_database_that_this_host_refuses_is_missing_with_the_reason_and_what_to_do(database: str) -> None:
    fence.ensure_fence()
    state = fence.read_state()
    assert state is not None
    later = replace(state, timeline=state.timeline + 1, lineage=(*state.lineage, "promoted"))
    DatabaseMemory(load_settings().data_dir / "journal" / SERVICES).accept(later)
    (line,) = [line for line in store_lines(load_settings()) if "refuses" in line.text]
    assert line.level is Level.MISSING
    assert "mailflatrate restored" in line.fix


def test_a_clock_a_minute_off_is_a_warning(database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    fence.ensure_fence()
    assert not [line for line in store_lines(load_settings()) if line.topic == "clock"]
    real = clock.now
    monkeypatch.setattr(clock, "now", lambda: real() - timedelta(minutes=10))
    (line,) = [line for line in store_lines(load_settings()) if line.topic == "clock"]
    assert line.level is Level.WARNING
    assert "600 seconds behind" in line.text
