"""`mailflatrate queues`: the backlog of each queue, and the workers that serve it."""

import click

from mailflatrate.entrypoints.boot import database
from mailflatrate.entrypoints.cli.listing import Row, json_option, show


@click.command()
@click.option("--workers", is_flag=True, help="List the worker processes instead.")
@json_option
def queues_command(workers: bool, as_json: bool) -> None:
    """Show the backlog of each queue and how many workers serve it."""
    with database():
        rows = _workers() if workers else _queues()
    show(rows, as_json=as_json, empty="No worker is running. Start `mailflatrate up`, or the worker and sender units.")


def _queues() -> list[Row]:
    from mailflatrate.base import job_queue
    from mailflatrate.base.jobs import JobQueue

    backlogs, oldest, serving = job_queue.backlogs(), job_queue.oldest_due_seconds(), job_queue.served_queues()
    return [
        {
            "queue": queue.value, "workers": serving[queue], "waiting": backlogs[queue].waiting,
            "due": backlogs[queue].due, "oldest_due_seconds": round(oldest[queue]),
            "running": backlogs[queue].running, "failed": backlogs[queue].failed,
        }
        for queue in JobQueue
    ]  # fmt: skip


def _workers() -> list[Row]:
    from mailflatrate.base import job_queue

    return [
        {
            "name": worker.name,
            "host": worker.host,
            "pid": worker.pid,
            "queues": worker.queues,
            "started": worker.started_at,
            "heartbeat_seconds": round(worker.heartbeat_seconds),
        }
        for worker in job_queue.workers()
    ]
