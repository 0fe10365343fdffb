"""Figures of the database: without one, a host's own metrics stay, so that the right alert fires."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from django.db import OperationalError
from django.test import Client

from mailflatrate.apps.stats import monitoring
from mailflatrate.apps.stats.monitoring import FIGURES
from mailflatrate.base.metrics.sharing import SharedMetrics
from mailflatrate.settings.schema import load_settings


@contextmanager
def own_figures() -> Iterator[None]:
    share = SharedMetrics(load_settings().data_dir / "metrics", "sender-1")
    share.write()
    try:
        yield
    finally:
        share.close()


@pytest.mark.parametrize("way", ["refuses", "hangs"])
def test_a_host_reports_itself_while_its_database_is_away(way: str, monkeypatch: pytest.MonkeyPatch) -> None:
    answered = threading.Event()

    def gone(*_given: object, **_options: object) -> None:
        if way == "hangs":
            answered.wait(60)
        raise OperationalError("connection refused")

    with own_figures(), monkeypatch.context() as patch:
        patch.setattr("django.db.backends.postgresql.base.DatabaseWrapper.get_new_connection", gone)
        patch.setattr(monitoring, "ANSWER_SECONDS", 0.3)
        answers = [Client().get("/metrics") for _ in range(2)]
        answered.set()
    for answer in answers:
        page = answer.content.decode()
        assert answer.status_code == 200
        assert "mailflatrate_database_gone_total" in page
        assert "mailflatrate_database_answers 0.0" in page
        assert f"mailflatrate_figures_failed {len(FIGURES)}.0" in page
        assert "mailflatrate_sending_held" not in page
    page = Client().get("/metrics").content.decode()
    assert "mailflatrate_database_answers 1.0" in page
    assert "mailflatrate_figures_failed 0.0" in page
    assert "mailflatrate_sending_held" in page
