"""Whether the database server runs on this machine, so that it can't outlive it (ADR 0034). An address proves nothing
(tunnels, poolers): the server reports its process and since when, and that process has to exist here.
"""

import os
import socket
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Final

SESSION: Final = """
SELECT pid, extract(epoch FROM clock_timestamp() - backend_start)::float8 FROM pg_stat_activity
WHERE pid = pg_backend_pid()
"""
"""The process that serves this session, and its age in seconds."""
SERVER_NAME: Final = "postgres"
AGE_TOLERANCE_SECONDS: Final = 2.0
_STARTED_AT: Final = 19  # field 22 of /proc/PID/stat, counted after the name


def is_served_here(connection: int, session: Sequence[object] | None) -> bool:
    """False if that cannot be determined. Ages are compared, so no clock has to be right. A process elsewhere passes
    only if one with the same number, name and age exists here, over a connection that doesn't leave the machine.
    """
    if session is None or not _stays_here(connection):
        return False
    pid, age = int(str(session[0])), float(str(session[1]))
    process = _name_and_age(pid)
    return process is not None and process[0] == SERVER_NAME and abs(process[1] - age) < AGE_TOLERANCE_SECONDS


def _stays_here(connection: int) -> bool:
    """Return True for a unix socket, and for TCP from an address to itself."""
    with closing(socket.socket(fileno=os.dup(connection))) as wire:
        if wire.family == socket.AF_UNIX:
            return True
        return bool(wire.getsockname()[0] == wire.getpeername()[0])


def _name_and_age(pid: int) -> tuple[str, float] | None:
    try:
        line = Path(f"/proc/{pid}/stat").read_text()
        up_seconds = float(Path("/proc/uptime").read_text().split()[0])
    except (OSError, ValueError):
        return None
    head, _, rest = line.rpartition(")")
    started = int(rest.split()[_STARTED_AT]) / os.sysconf("SC_CLK_TCK")
    return head.partition("(")[2], up_seconds - started
