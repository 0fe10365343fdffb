"""Background jobs of webhooks; thin."""

from datetime import timedelta
from typing import Final

from django.db import connection

from mailflatrate.apps.events import delivering
from mailflatrate.apps.events.actions.endpoints import TEST_JOB
from mailflatrate.apps.events.delivering import DELIVER_JOB
from mailflatrate.base import clock, tenancy
from mailflatrate.base.jobs import JobQueue, job
from mailflatrate.base.tenancy import PlatformReason

TAKEN_KEPT: Final = timedelta(days=7)
REFUSED_KEPT: Final = timedelta(days=30)
DELETED_AT_ONCE: Final = 20_000
_DUE: Final = """
SELECT e.account_id, e.id FROM webhook_endpoint e
WHERE e.state = 'active' AND (e.paused_until IS NULL OR e.paused_until <= %(now)s) AND (
    EXISTS (SELECT 1 FROM webhook_waiting w WHERE w.account_id = e.account_id AND w.endpoint_id = e.id
        AND w.due_at <= %(now)s)
    OR EXISTS (SELECT 1 FROM outbox_event o WHERE o.account_id = e.account_id AND o.xid >= e.rest_xid)
    OR EXISTS (SELECT 1 FROM contact_touch k WHERE k.account_id = e.account_id AND k.xid >= e.rest_xid))
ORDER BY e.id
"""
_FORGET: Final = """
DELETE FROM webhook_attempt WHERE id IN (
    SELECT id FROM webhook_attempt WHERE at < %s AND (is_taken OR at < %s) ORDER BY at LIMIT %s)
"""


@job(DELIVER_JOB, JobQueue.WEBHOOK)
def deliver(account_id: int, endpoint_id: int, is_slow: bool = False) -> None:
    delivering.deliver(account_id, endpoint_id, is_slow=is_slow)


@job(TEST_JOB, JobQueue.WEBHOOK, attempts=1)
def send_test(account_id: int, endpoint_id: int) -> None:
    delivering.send_test(account_id, endpoint_id)


@job("events.sweep", JobQueue.HOUSE, every="* * * * *")
def sweep(timestamp: int) -> None:
    """Wake endpoints with refused events, changed contacts, or events whose job was lost."""
    with tenancy.platform(PlatformReason.HOUSEKEEPING), connection.cursor() as cursor:
        cursor.execute(_DUE, {"now": clock.now()})
        due = cursor.fetchall()
    for account_id, endpoint_id in due:
        with tenancy.account(account_id):
            delivering.wake(account_id, endpoint_id)


@job("events.forget_attempts", JobQueue.HOUSE, every="19 * * * *")
def forget_attempts(timestamp: int) -> None:
    """Delete old attempts: accepted ones after a week, refused ones after 30 days."""
    now = clock.now()
    deleted = DELETED_AT_ONCE
    while deleted == DELETED_AT_ONCE:
        with tenancy.platform(PlatformReason.HOUSEKEEPING), connection.cursor() as cursor:
            cursor.execute(_FORGET, [now - TAKEN_KEPT, now - REFUSED_KEPT, DELETED_AT_ONCE])
            deleted = cursor.rowcount
