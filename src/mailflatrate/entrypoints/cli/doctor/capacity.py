"""A check that the database has room for the connections that this installation may open."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

from django.db import connection

from mailflatrate.base import job_queue
from mailflatrate.base.jobs import JobQueue
from mailflatrate.entrypoints.boot.doctor_report import Line, missing, ok, warning
from mailflatrate.settings.schema import Settings

SENDER = 4  # jobs and their LISTEN; claims and outcomes; the repeated check; what needs the ORM
WORKER = 1  # jobs and their LISTEN; besides those that its jobs share (MAILFLATRATE_WORKER_DATABASE_CONNECTIONS)
PAGE_THREADS = 8
LISTENER = 2
OPERATOR = 5  # commands, `doctor`, a dump

HEARTBEAT_SECONDS = 60
_SERVER = """
SELECT current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int
    - coalesce(current_setting('reserved_connections', true)::int, 0),
    (SELECT sum(numbackends) FROM pg_stat_database)::int,
    (SELECT count(DISTINCT coalesce(client_addr::text, '')) FROM pg_stat_activity
     WHERE application_name LIKE 'mailflatrate pages%%')
"""


@dataclass(frozen=True, slots=True)
class Demand:
    """The processes and the connections they open when all are busy; a pooler's number only the pooler knows."""

    senders: int
    workers: int
    page_processes: int
    listeners: int
    shared_by_jobs: int = 2
    has_pooler: bool = False

    @property
    def connections(self) -> int:
        return (
            SENDER * self.senders
            + (WORKER + self.shared_by_jobs) * self.workers
            + (0 if self.has_pooler else PAGE_THREADS * self.page_processes)
            + LISTENER * self.listeners
            + OPERATOR
        )


def capacity_lines(settings: Settings) -> Iterator[Line]:
    processes: dict[tuple[str, int], set[str]] = defaultdict(set)
    for worker in job_queue.workers(HEARTBEAT_SECONDS):
        processes[worker.host, worker.pid].update(worker.queues)
    sends = [queues <= {JobQueue.SEND, JobQueue.EXPRESS} for queues in processes.values()]
    with connection.cursor() as cursor:
        cursor.execute(_SERVER)
        allowed, in_use, web_hosts = cursor.fetchone()
    hosts = max(1, web_hosts)
    demand = Demand(
        sends.count(True),
        sends.count(False),
        hosts * settings.web_workers,
        hosts,
        settings.worker_database_connections,
        has_pooler=settings.pooler_database_url is not None,
    )
    yield judged(demand, allowed, in_use)


def judged(demand: Demand, allowed: int, in_use: int) -> Line:
    needed = demand.connections
    text = (
        f"{demand.senders} senders, {demand.workers} workers, {demand.page_processes} web and {demand.listeners} "
        f"inbound processes may need {needed} connections{', and the pooler its pool' if demand.has_pooler else ''}; "
        f"the server allows {allowed}, {in_use} are open"
    )
    fix = f"Set max_connections to {needed * 5 // 4 + 10} or more, and restart PostgreSQL."
    if needed > allowed:
        return missing("database", text, fix)
    if needed * 5 > allowed * 4:  # after a failover the connections of the other side stay open for some seconds
        return warning("database", text, fix)
    return ok("database", text)
