"""The embedded server is started again under `up` when it was killed."""

import os
import signal
from pathlib import Path

import psycopg
import pytest

from mailflatrate.settings import postgres
from mailflatrate.settings.postgres import EmbeddedPostgres
from prepared_database import copy_cluster
from support.waiting import wait_until


@pytest.mark.slow
def test_a_killed_server_is_started_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    copy_cluster(tmp_path)
    monkeypatch.setattr(postgres, "REVIVE_SECONDS", 0.1)
    server = EmbeddedPostgres(tmp_path)
    with server.owned():
        first = server.pid
        assert first is not None
        server.revive()
        assert server.pid == first, "it runs"
        os.kill(first, signal.SIGKILL)
        wait_until(lambda: server.pid is None, "the end of the server")

        def is_back() -> bool:
            try:
                server.revive()
                with psycopg.connect(server.url) as link:
                    return link.execute("SELECT 1").fetchone() == (1,)
            except (postgres.DatabaseFailed, psycopg.OperationalError):
                return False

        wait_until(is_back, "the server again")
        assert server.pid not in (None, first)
