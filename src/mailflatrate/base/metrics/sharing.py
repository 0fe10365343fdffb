"""The folder through which the processes of a host share their series. An unlocked file was left by a dead process and
is removed. Names such as `worker` survive restarts, so that series don't grow in number; the second is `worker-2`.
"""

import fcntl
import math
import os
import re
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Final

import structlog
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import REGISTRY, Metric
from prometheus_client.parser import text_string_to_metric_families

from mailflatrate.base.metrics.names import HEARTBEAT, STARTED
from mailflatrate.base.processes.locks import is_locked

log = structlog.get_logger("metrics")

EVERY_SECONDS: Final = 15.0
"""As often as Prometheus commonly asks."""
MOST_OF_ONE_NAME: Final = 64
LARGEST_OCTETS: Final = 2_000_000
FOLDER: Final = "metrics"
LONGEST_NAME: Final = 40
_NOT_IN_NAMES: Final = re.compile(r"[^\w-]", re.ASCII)
_LOCK, _TEXT = ".lock", ".prom"


class SharedMetrics:
    """This process's metrics file. `begin` starts a thread that keeps writing it until the process ends."""

    def __init__(self, folder: Path, name: str, registry: CollectorRegistry = REGISTRY) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder, self._registry = folder, registry
        self.name, self._lock = _own(folder, name)
        self._ending = threading.Event()
        self._one_at_a_time = threading.Lock()
        STARTED.set(time.time())

    def begin(self) -> None:
        self.write()
        threading.Thread(target=self._again_and_again, daemon=True, name="metrics").start()

    def write(self) -> None:
        """Write the current figures to the file, atomically."""
        HEARTBEAT.set(time.time())
        with self._one_at_a_time:
            draft = self._folder / f"{self.name}.new"
            draft.write_bytes(generate_latest(self._registry))
            draft.replace(self._folder / f"{self.name}{_TEXT}")

    def close(self) -> None:
        self._ending.set()
        (self._folder / f"{self.name}{_TEXT}").unlink(missing_ok=True)
        os.close(self._lock)

    def _again_and_again(self) -> None:
        while not self._ending.wait(EVERY_SECONDS):
            with suppress(OSError):  # a full disk must not stop anything else
                self.write()


_mine: list[SharedMetrics] = []


def share(data_dir: Path, name: str) -> None:
    """Call it once per process. If the folder can't be written, that is logged, and there are no metrics."""
    kept = _NOT_IN_NAMES.sub("_", name)[:LONGEST_NAME] or "process"
    try:
        mine = SharedMetrics(data_dir / FOLDER, kept)
        mine.begin()
    except OSError as problem:
        log.warning("figures_not_shared", folder=str(data_dir / FOLDER), problem=str(problem))
        return
    _mine.append(mine)


def write_now() -> None:
    """Write this process's file now, if it has one, so that the exporter's own figures are not older than others'."""
    for mine in _mine:
        with suppress(OSError):
            mine.write()


def _own(folder: Path, name: str) -> tuple[str, int]:
    for number in range(1, MOST_OF_ONE_NAME + 1):
        mine = name if number == 1 else f"{name}-{number}"
        file = os.open(folder / f"{mine}{_LOCK}", os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(file)
            continue
        return mine, file
    raise OSError(f"{MOST_OF_ONE_NAME} processes are called {name}")


class HostFigures:
    """Collects the series of all running processes of this host, each with its name as the label `process`."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def collect(self) -> Iterator[Metric]:
        families: dict[str, Metric] = {}
        for path in sorted(self._folder.glob(f"*{_TEXT}")):
            if not is_locked(path.with_suffix(_LOCK)):
                with suppress(OSError):
                    path.unlink(missing_ok=True)
                continue
            for family in _read(path):
                mine = families.setdefault(family.name, Metric(family.name, family.documentation, family.type))
                mine.samples.extend(
                    sample._replace(labels={**sample.labels, "process": path.stem})
                    for sample in family.samples
                    if not math.isnan(sample.value)
                )
        yield from families.values()


def _read(path: Path) -> list[Metric]:
    try:
        with path.open("rb") as file:
            octets = file.read(LARGEST_OCTETS + 1)
        return list(text_string_to_metric_families(octets.decode())) if len(octets) <= LARGEST_OCTETS else []
    except (OSError, ValueError):  # it ended meanwhile, or the file isn't ours
        return []
