"""The list of living worker processes and the queues that each of them serves.

A worker writes one row when it begins. Its heartbeat is Procrastinate's own, and the row is deleted with the worker's:
when the process ends, or seconds after it was killed. So nothing here is written repeatedly.
"""

import os
import socket
from collections.abc import Iterable
from typing import Any

import psycopg

# A worker that was declared dead meanwhile has no row to belong to; it registers again when it begins anew.
_REGISTER = """
INSERT INTO worker_process (worker_id, name, host, pid, queues)
SELECT w.id, %(name)s, %(host)s, %(pid)s, %(queues)s::varchar[]
FROM procrastinate_workers w WHERE w.id = %(worker_id)s
ON CONFLICT (worker_id) DO NOTHING
"""
NAME_CHARACTERS = 80


async def register(link: psycopg.AsyncConnection[Any], worker_id: int, *, name: str, queues: Iterable[str]) -> None:
    """Record which queues a worker of this process serves. `link` shows the pass for jobs (ADR 0010)."""
    await link.execute(
        _REGISTER,
        {
            "worker_id": worker_id,
            "name": name[:NAME_CHARACTERS],
            "host": socket.gethostname()[:NAME_CHARACTERS],
            "pid": os.getpid(),
            "queues": sorted(queues),
        },
    )
