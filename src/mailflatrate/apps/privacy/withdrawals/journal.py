"""The journal of this host: every withdrawal is on its disk before the process answers (ADR 0095). A trigger tells the
process, so that no statement can forget to. Lines have the form of the withdrawals log.
"""

import json
from collections.abc import Callable
from datetime import datetime
from weakref import ref

import structlog
from django.db import connection, transaction

from mailflatrate.apps.privacy.withdrawals.log import AREA, FolderLog
from mailflatrate.apps.privacy.withdrawals.log_lines import WithdrawalLine
from mailflatrate.apps.suppression.models import WithdrawalKind
from mailflatrate.base.job_database.base import receive_notices
from mailflatrate.base.metrics.names import WITHDRAWALS_UNJOURNALED
from mailflatrate.settings.schema import Settings, load_settings

CODE = "MF001"
"""The SQLSTATE of the notice (`suppression/sql/withdrawals.sql`)."""

log = structlog.get_logger(__name__)


def open_journal(settings: Settings) -> FolderLog:
    return FolderLog(settings.data_dir / AREA)


def receive_withdrawals() -> None:
    """Have every withdrawal that this process commits journaled, from now on."""
    receive_notices(CODE, take)


def take(text: str) -> None:
    """Take a withdrawal from the trigger's notice; it is written once its transaction is committed, with all others."""
    at, kind, account_id, reason, contact_id, list_id, key = json.loads(text)
    address_key = None if key is None else bytes.fromhex(key)
    line = WithdrawalLine(
        datetime.fromisoformat(at), WithdrawalKind(kind), account_id, reason, contact_id, list_id, address_key
    )
    earlier = (
        (within, done) for within, done, *_ in reversed(connection.run_on_commit) if isinstance(done, _Committed)
    )
    within, last = next(earlier, (None, None))
    if last is not None and within == set(connection.savepoint_ids):
        last.lines.append(line)
        return
    committed = _Committed([line])
    transaction.on_commit(committed)
    if last is not None:
        last.following = ref(committed)


class _Committed:
    """What a transaction withdrew since a savepoint, which a rollback forgets; each passes its lines on to the next."""

    def __init__(self, lines: list[WithdrawalLine]) -> None:
        self.lines = lines
        self.following: Callable[[], _Committed | None] = _none

    def __call__(self) -> None:
        """Write the journal. A disk that is full or broken refuses no one who withdraws: the database has it."""
        following = self.following()
        if following is not None:
            following.lines[:0] = self.lines
            return
        try:
            newest = max(line.at for line in self.lines)
            open_journal(load_settings()).write([line.write() for line in self.lines], newest)
        except OSError as problem:
            WITHDRAWALS_UNJOURNALED.inc(len(self.lines))
            log.error("withdrawals_not_journaled", lines=len(self.lines), problem=str(problem))


def _none() -> None:
    return None
