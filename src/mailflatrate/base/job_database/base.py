"""The database backend: PostgreSQL's, with connections returned to the process after each transaction."""

import time
from collections.abc import Callable
from typing import Any

import psycopg
from django.db.backends.postgresql import base
from psycopg import pq

from mailflatrate.base.job_database.admission import admit
from mailflatrate.base.job_database.slots import Idle, Slot, Slots
from mailflatrate.settings import links

_by_alias: dict[str, Slots] = {}
_receivers: dict[str, Callable[[str], None]] = {}


def receive_notices(code: str, take: Callable[[str], None]) -> None:
    """Take each notice with this SQLSTATE in its statement's thread and transaction: no statement can forget to."""
    _receivers[code] = take


def _pass_on(notice: psycopg.errors.Diagnostic) -> None:
    take = _receivers.get(notice.sqlstate or "")
    if take is not None:
        take(notice.message_primary or "")


class FollowingWrapper(base.DatabaseWrapper):
    """Connects to the host that accepts writes: it tries the last one reached first, and one that was lost last."""

    def get_connection_params(self) -> dict[str, Any]:
        parameters: dict[str, Any] = super().get_connection_params()
        return parameters | links.in_order(parameters)

    def get_new_connection(self, conn_params: dict[str, Any]) -> psycopg.Connection[Any]:
        link: psycopg.Connection[Any] = super().get_new_connection(conn_params)
        link.add_notice_handler(_pass_on)
        admit(link)
        links.note_reached(link)
        return link

    def _close(self) -> None:
        if self.connection is not None:
            note_if_broken(self.connection)
        super()._close()  # type: ignore[misc]  # Django's stubs lack it


class DatabaseWrapper(FollowingWrapper):
    """One thread's view: no connection between transactions, so no session state (session locks: `base.session_lock`).
    A statement outside a transaction holds one until its cursor is closed.
    """

    keeps_sessions = False

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._slot: Slot | None = None
        self._opened_at = 0.0
        self._is_connecting = False
        self._loose_cursors = 0  # outside of a transaction

    def get_connection_params(self) -> dict[str, Any]:
        parameters = super().get_connection_params()
        return {name: value for name, value in parameters.items() if name not in ("slots", "slot_wait_seconds")}

    def connect(self) -> None:
        self._is_connecting, self._loose_cursors = True, 0
        try:
            super().connect()
        finally:
            self._is_connecting = False

    def get_new_connection(self, conn_params: dict[str, Any]) -> psycopg.Connection[Any]:
        slot = self._slots().take()
        try:
            link = _reused(slot.idle)
            if link is None:
                self._opened_at = time.monotonic()
                link = super().get_new_connection(conn_params)
            else:
                assert slot.idle is not None
                self._opened_at = slot.idle.opened_at
        except BaseException:
            slot.give_back(None)
            raise
        slot.psycopg = link
        self._slot = slot
        return link

    def set_autocommit(self, autocommit: bool, force_begin_transaction_with_broken_autocommit: bool = False) -> None:
        """Also pass the connection on once a transaction and its after-commit work are done."""
        is_over = autocommit and not self.autocommit and not self._is_connecting
        try:
            super().set_autocommit(autocommit, force_begin_transaction_with_broken_autocommit)
        finally:
            if is_over and not self.in_atomic_block:
                self.close()

    def create_cursor(self, name: str | None = None) -> Any:
        """Return a cursor. Outside of a transaction, closing it returns the connection."""
        cursor = super().create_cursor(name)
        if not self.in_atomic_block and not self._is_connecting:
            self._loose_cursors += 1
            cursor.close = self._closing(cursor.close, self.connection)
        return cursor

    def _closing(self, close: Callable[[], None], link: Any) -> Callable[[], None]:
        def close_and_give_back() -> None:
            close()
            if self.connection is link and not self.in_atomic_block and self._loose_cursors:
                self._loose_cursors -= 1
                if not self._loose_cursors:
                    self.close()

        return close_and_give_back

    def _close(self) -> None:
        link, self.connection = self.connection, None
        slot, self._slot = self._slot, None
        if link is None or slot is None:
            return
        idle = Idle(link, self._opened_at)
        if idle.is_fit():
            slot.give_back(idle)
            return
        if note_if_broken(link):  # the others lead to the same server
            self._slots().forget_idle()
        try:
            link.close()
        finally:
            slot.give_back(None)

    def _slots(self) -> Slots:
        options = self.settings_dict["OPTIONS"]
        return _by_alias.setdefault(self.alias, Slots(options["slots"], options["slot_wait_seconds"]))


def note_if_broken(link: psycopg.Connection[Any]) -> bool:
    """Return True if the server of a connection is gone, and remember to try its host last."""
    is_broken: bool = link.pgconn.status != pq.ConnStatus.OK
    if is_broken:
        links.note_lost(link)
    return is_broken


def forget_idle() -> None:
    for slots in list(_by_alias.values()):
        slots.forget_idle()


def cut_in_use() -> None:
    """Make each running statement of this process fail: after a failover, the previous server may never answer."""
    for slots in list(_by_alias.values()):
        slots.cut_in_use()


def _reused(idle: Idle | None) -> psycopg.Connection[Any] | None:
    if idle is None:
        return None
    try:
        if idle.is_fit():
            idle.forget()
            return idle.psycopg
    except psycopg.Error:
        pass  # the server went away just now
    idle.psycopg.close()
    return None
