"""Processes hand their series to the exporter of their host through a folder."""

import os
import signal
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry, Counter, Gauge, generate_latest
from structlog.testing import capture_logs

from mailflatrate.base.metrics.names import OUTCOMES, PROVIDER_KEYS
from mailflatrate.base.metrics.sharing import HostFigures, SharedMetrics, share, write_now
from mailflatrate.rules.sending.providers import PROVIDERS


def process(folder: Path, name: str, count: int) -> SharedMetrics:
    registry = CollectorRegistry()
    Counter("letters", "Letters", ["kind"], registry=registry).labels('a "quoted"\nkind').inc(count)
    Gauge("nothing", "No number", registry=registry).set(float("nan"))
    mine = SharedMetrics(folder, name, registry)
    mine.write()
    return mine


def exported(folder: Path) -> str:
    registry = CollectorRegistry(auto_describe=False)
    registry.register(HostFigures(folder))
    return generate_latest(registry).decode()


def test_each_process_is_seen_by_its_name(tmp_path: Path) -> None:
    first, second, other = process(tmp_path, "sender", 1), process(tmp_path, "sender", 2), process(tmp_path, "web", 3)
    assert [each.name for each in (first, second, other)] == ["sender", "sender-2", "web"]
    lines = exported(tmp_path).splitlines()
    assert lines.count("# TYPE letters_total counter") == 1
    assert sorted(line for line in lines if line.startswith("letters_total")) == sorted(
        f'letters_total{{kind="a \\"quoted\\"\\nkind",process="{name}"}} {count}.0'
        for name, count in (("sender", 1), ("sender-2", 2), ("web", 3))
    )
    assert not [line for line in lines if line.startswith("nothing")]
    first.close()
    assert 'process="sender"' not in exported(tmp_path)
    third = process(tmp_path, "sender", 9)
    assert third.name == "sender", "the name is free again"
    for each in (second, other, third):
        each.close()


def test_a_process_that_was_killed_leaves_nothing(tmp_path: Path) -> None:
    child = os.fork()
    if child == 0:
        process(tmp_path, "sender-1", 5)
        os.kill(os.getpid(), signal.SIGKILL)
    os.waitpid(child, 0)
    assert (tmp_path / "sender-1.prom").exists()
    assert "letters" not in exported(tmp_path)
    assert not (tmp_path / "sender-1.prom").exists()


@pytest.mark.parametrize("content", [b"\xff\xfe", b"x" * 2_000_001, b'letters_total{kind="', b"letters_total many\n"])
def test_a_file_that_is_none_stops_nobody(tmp_path: Path, content: bytes) -> None:
    good, bad = process(tmp_path, "a", 1), process(tmp_path, "b", 1)
    (tmp_path / "b.prom").write_bytes(content)
    found = exported(tmp_path)
    assert 'process="a"' in found and 'process="b"' not in found
    good.close()
    bad.close()


def test_a_folder_that_cannot_be_written_stops_no_process(tmp_path: Path) -> None:
    (tmp_path / "metrics").write_text("not a folder")
    with capture_logs() as lines:
        share(tmp_path, "sender-1")
        write_now()
    assert [line["event"] for line in lines] == ["figures_not_shared"]


def test_labels_are_closed_lists() -> None:
    assert set(PROVIDER_KEYS) == {provider.key for provider in PROVIDERS} | {"other"}
    assert len(OUTCOMES) * len(PROVIDER_KEYS) < 100
