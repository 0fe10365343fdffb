"""Accepted mail and posts on this host's disk, encrypted, for two hours (ADR 0095): what has not been read yet may be
someone's no, and a promoted replica may lack it.
"""

import json
import re
from collections.abc import Iterator, Sequence
from datetime import UTC, timedelta
from pathlib import Path
from typing import Any

import structlog

from mailflatrate.base import clock
from mailflatrate.base.ids import vault
from mailflatrate.base.metrics.names import WITHDRAWALS_UNJOURNALED
from mailflatrate.base.storage.directory import append_lines, read_lines
from mailflatrate.mail.signing.vault import VaultError
from mailflatrate.settings.schema import load_settings

KEPT = timedelta(hours=2)
LONGEST_LINE = 64 * 1024 * 1024
_FILE = re.compile(r"arrivals-(\d{8}T\d{2})\.sealed\Z", re.ASCII)
_FORM = "%Y%m%dT%H"
_PLACE = "arrival journal"

log = structlog.get_logger("inbound")
Arrived = tuple[dict[str, Any], bytes]


def _folder() -> Path:
    return load_settings().data_dir / "arrivals"


def write(arrived: Sequence[Arrived]) -> None:
    """Append what is stored now. A disk that is full refuses no mail: the database has it."""
    path = _folder() / f"arrivals-{clock.now().astimezone(UTC):{_FORM}}.sealed"
    lines = [vault().seal(json.dumps(about).encode() + b"\n" + content, _PLACE) for about, content in arrived]
    try:
        append_lines(path, lines)
    except OSError as problem:
        WITHDRAWALS_UNJOURNALED.inc(len(lines))
        log.error("arrivals_not_journaled", lines=len(lines), problem=str(problem))


def read() -> Iterator[Arrived]:
    """Yield everything that was accepted on this host in the last two hours; damaged lines are skipped."""
    for path in sorted(_folder().glob("arrivals-*.sealed")):
        for line in read_lines(path, LONGEST_LINE):
            try:
                about, _, content = vault().open(line, _PLACE).partition(b"\n")
                yield json.loads(about), content
            except (VaultError, ValueError) as problem:
                log.warning("arrival_line_skipped", problem=str(problem))


def drop_old() -> None:
    oldest = f"{(clock.now() - KEPT).astimezone(UTC):{_FORM}}"
    for path in _folder().glob("arrivals-*.sealed"):
        name_match = _FILE.match(path.name)
        if name_match and name_match[1] < oldest:
            path.unlink(missing_ok=True)
