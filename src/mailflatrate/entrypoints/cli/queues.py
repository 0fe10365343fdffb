"""`mailflatrate queues`: the backlog of each queue, and the workers that serve it."""

import click

from mailflatrate.entrypoints.boot import database
from mailflatrate.entrypoints.cli.listing import Row, json_option, show

_COUNTS = """
SELECT queue_name, count(*) FILTER (WHERE status = 'todo'),
    count(*) FILTER (WHERE status = 'todo' AND (scheduled_at IS NULL OR scheduled_at <= now())),
    count(*) FILTER (WHERE status = 'doing'), count(*) FILTER (WHERE status = 'failed')
FROM procrastinate_jobs WHERE status IN ('todo', 'doing', 'failed') GROUP BY 1
"""
_WORKERS = """
SELECT p.name, p.host, p.pid, p.queues, p.started_at, extract(epoch FROM now() - w.last_heartbeat)::int
FROM worker_process p JOIN procrastinate_workers w ON w.id = p.worker_id ORDER BY p.host, p.name, p.worker_id
"""


@click.command()
@click.option("--workers", is_flag=True, help="List the worker processes instead.")
@json_option
def queues_command(workers: bool, as_json: bool) -> None:
    """Show the backlog of each queue and how many workers serve it."""
    with database():
        rows = _workers() if workers else _queues()
    show(rows, as_json=as_json, empty="No worker is running. Start `mailflatrate up`, or the worker and sender units.")


def _queues() -> list[Row]:
    from django.db import connection

    from mailflatrate.base.processes.reading import oldest_due_seconds, served_queues

    with connection.cursor() as cursor:
        cursor.execute(_COUNTS)
        counts = {name: numbers for name, *numbers in cursor.fetchall()}
    oldest, workers = oldest_due_seconds(), served_queues()
    rows = []
    for queue, serving in workers.items():
        waiting, due, running, failed = counts.get(queue.value, [0, 0, 0, 0])
        rows.append({
            "queue": queue.value, "workers": serving, "waiting": waiting, "due": due,
            "oldest_due_seconds": round(oldest[queue]), "running": running, "failed": failed,
        })  # fmt: skip
    return rows


def _workers() -> list[Row]:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(_WORKERS)
        names = ("name", "host", "pid", "queues", "started", "heartbeat_seconds")
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
