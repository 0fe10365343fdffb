"""Queue backlogs and the workers that serve them. Reads by index, or only due jobs, however many are scheduled."""

from django.db import connection

from mailflatrate.base.jobs import JobQueue

ALIVE_SECONDS = 30
"""A worker's heartbeat is renewed every ten seconds."""

_SERVED = """
SELECT q.name, count(*) FROM worker_process p
JOIN procrastinate_workers w ON w.id = p.worker_id
CROSS JOIN unnest(p.queues) q (name)
WHERE w.last_heartbeat > now() - make_interval(secs => %s)
GROUP BY 1
"""
# A job that was asked for at once has no time of its own: the oldest of them has the lowest id and its first event.
_OLDEST = """
WITH due AS (
    SELECT queue_name, min(id) FILTER (WHERE scheduled_at IS NULL) AS first, min(scheduled_at) AS planned
    FROM procrastinate_jobs WHERE status = 'todo' AND (scheduled_at IS NULL OR scheduled_at <= now()) GROUP BY 1
)
SELECT queue_name, extract(epoch FROM now() - least(
    planned, (SELECT min(e.at) FROM procrastinate_events e WHERE e.job_id = first)))::float8
FROM due
"""


def served_queues() -> dict[JobQueue, int]:
    """Return how many living workers serve each queue; 0 for a queue without one."""
    with connection.cursor() as cursor:
        cursor.execute(_SERVED, [ALIVE_SECONDS])
        found = dict(cursor.fetchall())
    return {queue: found.get(queue.value, 0) for queue in JobQueue}


def oldest_due_seconds() -> dict[JobQueue, float]:
    """Return how many seconds the oldest job of each queue has been due without being taken; 0 where none is due."""
    with connection.cursor() as cursor:
        cursor.execute(_OLDEST)
        found = {name: seconds for name, seconds in cursor.fetchall() if seconds is not None}
    return {queue: max(0.0, found.get(queue.value, 0.0)) for queue in JobQueue}
