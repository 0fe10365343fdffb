"""Writes the log from the outbox, and a file from the tables of a database that is still running."""

from collections.abc import Iterator
from datetime import datetime, timedelta

import structlog
from django.db import connection

from mailflatrate.apps.privacy.withdrawals.log import WithdrawalsLog
from mailflatrate.apps.privacy.withdrawals.log_lines import WithdrawalLine
from mailflatrate.apps.suppression.models import WithdrawalKind
from mailflatrate.base import tenancy
from mailflatrate.base.tenancy import PlatformReason
from mailflatrate.rules import sql

_Row = tuple[datetime, str, int | None, str, int | None, int | None, bytes | None]
BATCH = 5_000
LONGEST_TRANSACTION = timedelta(hours=1)
"""A row shows when its statement ran, and is seen when its transaction ends: an import may take this long."""
_COLUMNS = "at, kind, account_id, reason, contact_id, list_id, address_key"
_TAKE = f"""
DELETE FROM withdrawal_outbox WHERE id IN
    (SELECT id FROM withdrawal_outbox ORDER BY id LIMIT %s)
RETURNING {_COLUMNS}
"""  # noqa: S608  # made of constants
_SINCE = f"""
SELECT recorded_at, kind, account_id, '', contact_id, mailing_list_id,
    (SELECT c.address_key FROM contact c WHERE c.id = e.contact_id AND c.account_id = e.account_id)
FROM consent_event e
WHERE recorded_at >= %(since)s AND kind IN ('withdrawn', 'objection', 'tracking_withdrawn', 'erased')
UNION ALL
SELECT created_at, 'suppressed', account_id, reason, NULL, NULL, address_key FROM suppression
WHERE created_at >= %(since)s
UNION ALL
SELECT reported_at, 'misdirected', account_id, '', NULL, NULL, address_key FROM misdirected_address
WHERE reported_at >= %(since)s
UNION ALL
SELECT at, 'standing', account_id, after, NULL, NULL, NULL FROM standing_change
WHERE at >= %(since)s AND {sql.is_restricted("after")}
ORDER BY 1
"""  # noqa: S608  # made of constants

_logger = structlog.get_logger(__name__)


def log_waiting(log: WithdrawalsLog) -> int:
    """A row is deleted after its line is written, so each is logged at least once."""
    logged = 0
    while True:
        with tenancy.platform(PlatformReason.WITHDRAWALS), connection.cursor() as cursor:
            cursor.execute(_TAKE, [BATCH])
            rows = cursor.fetchall()
            lines = sorted(_readable(rows), key=lambda line: line.at)
            if lines:
                log.write([line.write() for line in lines])
        logged += len(lines)
        if len(rows) < BATCH:
            return logged


def _readable(rows: list[_Row]) -> Iterator[WithdrawalLine]:
    """Yield readable rows, so that a meaningless one does not keep all other withdrawals in the database."""
    for row in rows:
        try:
            yield _line(row)
        except ValueError as problem:
            _logger.error("withdrawal_row_dropped", account_id=row[2], problem=str(problem))


def withdrawals_since(since: datetime) -> Iterator[WithdrawalLine]:
    """Yield all withdrawals since `since`; may include some from the hour before."""
    with tenancy.platform(PlatformReason.WITHDRAWALS), connection.cursor() as cursor:
        cursor.execute(_SINCE, {"since": since - LONGEST_TRANSACTION})
        rows = cursor.fetchall()
    for row in rows:
        yield _line(row)


def _line(row: _Row) -> WithdrawalLine:
    at, kind, account_id, reason, contact_id, list_id, key = row
    address_key = bytes(key) if key is not None else None
    return WithdrawalLine(at, WithdrawalKind(kind), account_id, reason, contact_id, list_id, address_key)
