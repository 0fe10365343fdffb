"""What Prometheus reads: from the pages what the database knows, and the processes of this host from every exporter."""

import re
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest
from django.test import Client

from free_ports import free_port
from mailflatrate.apps.delivery.relays.tables import Relay, RelayReport
from mailflatrate.apps.delivery.send.journal import Journal
from mailflatrate.apps.stats import monitoring
from mailflatrate.apps.stats.monitoring import FIGURES, GaugeQuery
from mailflatrate.base import clock, tenancy
from mailflatrate.base.metrics.sharing import SharedMetrics
from mailflatrate.base.tenancy import PlatformReason
from mailflatrate.entrypoints.cli import exporter
from mailflatrate.settings.schema import Settings, load_settings

pytestmark = pytest.mark.usefixtures("database")


def series(page: str) -> dict[str, float]:
    found = re.findall(r"^(\w+(?:\{.*\})?) ([^ \n]+)$", page, re.MULTILINE)
    return {name: float(value) for name, value in found}


def pages() -> dict[str, float]:
    answer = Client().get("/metrics")
    assert answer.status_code == 200
    return series(answer.content.decode())


def test_every_figure_exists_before_anything_happened() -> None:
    found = pages()
    for figure in FIGURES:
        for values in figure.zero:
            labels = ",".join(f'{name}="{value}"' for name, value in zip(figure.labels, values, strict=True))
            assert f"mailflatrate_{figure.name}{'{' + labels + '}' if labels else ''}" in found
    for queue in ("send", "express", "plan", "import", "inbound", "house", "webhook", "fetch"):
        assert f'mailflatrate_workers{{queue="{queue}"}}' in found
        assert f'mailflatrate_oldest_due_job_seconds{{queue="{queue}"}}' in found
    assert found["mailflatrate_figures_failed"] == 0
    assert found['mailflatrate_database_connections{kind="used"}'] >= 1
    assert found['mailflatrate_journals{state="left"}'] >= 0


def test_one_figure_that_fails_hides_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    bad = (GaugeQuery("slow", "Too slow", "SELECT pg_sleep(9), 1"), GaugeQuery("wrong", "Wrong", "SELECT 1 / 0"))
    monkeypatch.setattr(monitoring, "FIGURES", (*bad, *FIGURES))
    monkeypatch.setattr(monitoring, "STATEMENT_MILLISECONDS", 50)
    found = pages()
    assert found["mailflatrate_figures_failed"] == 2
    assert "mailflatrate_slow" not in found
    assert "mailflatrate_retries" in found


def test_a_journal_nobody_recovered_is_seen() -> None:
    folder = load_settings().data_dir / "journal"
    journal = Journal(folder)
    before = pages()
    journal.started(1)
    journal.close(settled=False)
    after = pages()
    assert after['mailflatrate_journals{state="left"}'] == before['mailflatrate_journals{state="left"}'] + 1
    assert after['mailflatrate_journals{state="held"}'] == before['mailflatrate_journals{state="held"}'] - 1
    journal.path.unlink()


@contextmanager
def exporting(networks: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    changed: Settings = load_settings().model_copy(update={"metrics_port": free_port(), "metrics_networks": networks})
    monkeypatch.setattr(exporter, "load_settings", lambda: changed)
    with exporter.make_exporter(changed) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield changed.metrics_port
        finally:
            server.shutdown()
            thread.join()


def test_a_host_without_pages_has_an_exporter(monkeypatch: pytest.MonkeyPatch) -> None:
    share = SharedMetrics(load_settings().data_dir / "metrics", "sender-7")
    share.write()
    try:
        with exporting("127.0.0.0/8", monkeypatch) as port:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=5) as answer:
                found = series(answer.read().decode())
            with pytest.raises(urllib.error.HTTPError, match="404"):
                urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=5)
    finally:
        share.close()
    assert found['mailflatrate_heartbeat_timestamp_seconds{process="sender-7"}'] > 1_700_000_000
    assert 'mailflatrate_requests_total{lane="pages",process="sender-7",status="2xx"}' in found
    assert 'mailflatrate_journals{state="held"}' in found
    assert not [name for name in found if name.startswith("mailflatrate_campaigns")]


def test_a_stranger_is_cut_off_before_it_says_a_word(monkeypatch: pytest.MonkeyPatch) -> None:
    with exporting("10.0.0.0/8", monkeypatch) as port, pytest.raises(OSError, match=r"(?i)closed|reset|remote"):
        urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=5)


def test_a_relay_that_takes_nothing_is_seen_by_its_name() -> None:
    now = clock.now()
    with tenancy.platform(PlatformReason.OPERATOR_DESK):
        relay = Relay.objects.create(name="far-away", host="relay.example")
        for sender, problem, since in (("a", "no answer", now - timedelta(minutes=9)), ("b", "", None)):
            RelayReport.objects.create(
                relay=relay, sender=sender, at=now, connections=3, problem=problem, failing_since=since
            )
    try:
        found = pages()
        assert 530 < found['mailflatrate_relay_failing_seconds{relay="far-away"}'] < 700
        assert found['mailflatrate_relay_connections{relay="far-away"}'] == 6
        with tenancy.platform(PlatformReason.OPERATOR_DESK):
            RelayReport.objects.filter(relay=relay).update(at=now - timedelta(minutes=2))
        assert pages()['mailflatrate_relay_failing_seconds{relay="far-away"}'] == 0, "nobody says so any longer"
    finally:
        with tenancy.platform(PlatformReason.OPERATOR_DESK):
            relay.delete()
