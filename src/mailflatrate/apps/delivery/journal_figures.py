"""Metrics of this host's journal folder: sizes, times and locks, never content."""

import time
from collections.abc import Iterator
from pathlib import Path

from prometheus_client.core import GaugeMetricFamily, Metric

from mailflatrate.apps.delivery.send.journal import SUFFIX, is_held


class JournalFigures:
    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def collect(self) -> Iterator[Metric]:
        """`left`: no process holds it, and its results are not all in the database."""
        files = GaugeMetricFamily("mailflatrate_journals", "Journals of this host", labels=["state"])
        octets = GaugeMetricFamily("mailflatrate_journal_bytes", "Size of all journals", labels=["state"])
        oldest = GaugeMetricFamily(
            "mailflatrate_journal_left_seconds", "How long the oldest journal without a sender has not been recovered"
        )
        count, size, age = {"held": 0, "left": 0}, {"held": 0, "left": 0}, 0.0
        for path in self._folder.glob(f"*{SUFFIX}"):
            try:
                status = path.stat()
            except FileNotFoundError:
                continue
            state = "held" if is_held(self._folder, path.stem) else "left"
            count[state] += 1
            size[state] += status.st_size
            if state == "left":
                age = max(age, time.time() - status.st_mtime)
        for state, number in count.items():
            files.add_metric([state], number)
            octets.add_metric([state], size[state])
        oldest.add_metric([], age)
        yield from (files, octets, oldest)
