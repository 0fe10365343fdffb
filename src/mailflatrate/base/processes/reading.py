"""What waits in the queues and who serves them. Reads by index, or what is due, however much is planned for later."""

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
    """How many living workers serve each queue; 0 for a queue that nobody serves."""
    with connection.cursor() as cursor:
        cursor.execute(_SERVED, [ALIVE_SECONDS])
        found = dict(cursor.fetchall())
    return {queue: found.get(queue.value, 0) for queue in JobQueue}


def oldest_due_seconds() -> dict[JobQueue, float]:
    """How long the oldest job of each queue has been due without being taken; 0 where none is due."""
    with connection.cursor() as cursor:
        cursor.execute(_OLDEST)
        found = {name: seconds for name, seconds in cursor.fetchall() if seconds is not None}
    return {queue: max(0.0, found.get(queue.value, 0.0)) for queue in JobQueue}
