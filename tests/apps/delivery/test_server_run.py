"""The server's run ends with any crash, and with nothing else: marks that did not reach the disk count for nothing."""

import os
import shutil
import signal
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from mailflatrate.settings.postgres import EmbeddedPostgres
from prepared_database import copy_cluster, write_secrets
from support.waiting import wait_until

RUN = "SELECT public.server_run()"


@pytest.fixture
def server() -> Iterator[EmbeddedPostgres]:
    folder = Path(tempfile.mkdtemp(prefix="mailflatrate-server-run-"))
    write_secrets(folder)
    copy_cluster(folder)
    yield EmbeddedPostgres(folder)
    shutil.rmtree(folder, ignore_errors=True)


def run_of(server: EmbeddedPostgres) -> object:
    with psycopg.connect(server.url, autocommit=True) as owner:
        found = owner.execute(RUN).fetchone()
        assert found is not None
        assert owner.execute(RUN).fetchone() == found, "it is one run for all who ask"
        return found[0]


def test_a_restart_in_order_keeps_the_run(server: EmbeddedPostgres) -> None:
    with server.owned():
        first = run_of(server)
    with server.owned():
        assert run_of(server) == first


def test_a_killed_server_begins_another_run(server: EmbeddedPostgres) -> None:
    with server.owned():
        first, pid = run_of(server), server.pid
        assert pid is not None
        os.kill(pid, signal.SIGQUIT)  # ends at once and recovers when it starts again, as after a loss of power
        wait_until(lambda: server.pid is None, "the server ends")
        server.start()
        assert run_of(server) != first


def test_a_crashed_backend_begins_another_run_though_the_server_keeps_its_start_time(server: EmbeddedPostgres) -> None:
    def is_recovered() -> bool:
        try:
            psycopg.connect(server.url).close()
        except psycopg.OperationalError:
            return False
        return True

    started = "SELECT pg_postmaster_start_time()"
    with server.owned():
        first = run_of(server)
        with psycopg.connect(server.url) as owner:
            since = owner.execute(started).fetchone()
            os.kill(owner.info.backend_pid, signal.SIGKILL)
            with pytest.raises(psycopg.OperationalError):
                owner.execute("SELECT pg_sleep(60)")
        wait_until(is_recovered, "the server recovers")
        assert run_of(server) != first
        with psycopg.connect(server.url) as owner:
            assert owner.execute(started).fetchone() == since
