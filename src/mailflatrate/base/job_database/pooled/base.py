"""The database backend behind a pooler: each transaction may run in another server process, so nothing may be left to
the session. `begin` opens a transaction and, in the same round trip, resets the role, the account and every pass,
puts the temporary schema last in the search path, sets the time limits and asks for the transaction's name, for
which passes are made: they are worthless in every other one. A statement outside a transaction gets one of its own.
"""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cache
from typing import Any

import psycopg
from django.db import NotSupportedError
from psycopg.pq import TransactionStatus

from mailflatrate.base.job_database.base import FollowingWrapper
from mailflatrate.settings import links
from mailflatrate.settings.roles import (
    ACCESS_SETTING,
    ACCOUNT_ID_SETTING,
    ACCOUNT_SETTING,
    DECISION_SETTING,
    JOB_SETTING,
    LIMITED_SETTING,
    MEMBER_SETTING,
    PASS_SETTING,
    SEARCH_PATH,
    TRANSACTION_SQL,
    name_transaction,
)
from mailflatrate.settings.schema import load_settings

_EMPTY = (
    ACCOUNT_ID_SETTING,
    ACCESS_SETTING,
    ACCOUNT_SETTING,
    DECISION_SETTING,
    JOB_SETTING,
    LIMITED_SETTING,
    MEMBER_SETTING,
    PASS_SETTING,
)


@cache
def _prelude() -> str:
    values = {"role": "none", "search_path": SEARCH_PATH, **dict.fromkeys(_EMPTY, "")}
    values |= links.time_limits(load_settings())
    sets = ", ".join(f"set_config('{name}', '{value}', true)" for name, value in values.items())
    return f"BEGIN; SELECT {sets}; {TRANSACTION_SQL}"


def begin(link: psycopg.Connection[Any]) -> None:
    """Open a transaction that depends on no earlier state. Raises psycopg.Error."""
    with psycopg.ClientCursor(link) as cursor:
        cursor.execute(_prelude())
        while cursor.nextset():
            pass
        (name,) = cursor.fetchone() or ("",)
    name_transaction(link, str(name))


@contextmanager
def _in_transaction(link: psycopg.Connection[Any]) -> Iterator[None]:
    if link.pgconn.transaction_status != TransactionStatus.IDLE:
        yield
        return
    try:
        begin(link)
        yield
        link.commit()
    except BaseException:
        with suppress(psycopg.Error):  # the connection is gone, and its transaction with it
            link.rollback()
        raise
    finally:
        name_transaction(link)


class PooledCursor(psycopg.ClientCursor[Any]):
    """A cursor that runs its statement in a transaction of its own if none is running."""

    def execute(self, *args: Any, **options: Any) -> Any:
        """Run a statement; all its rows have been received when this returns."""
        with _in_transaction(self.connection):
            return super().execute(*args, **options)

    def executemany(self, *args: Any, **options: Any) -> None:
        with _in_transaction(self.connection):
            super().executemany(*args, **options)

    @contextmanager
    def copy(self, *args: Any, **options: Any) -> Iterator[Any]:
        with _in_transaction(self.connection), super().copy(*args, **options) as copy:
            yield copy


class PooledWrapper(FollowingWrapper):
    """A connection to the pooler, for each thread of the pages. Nothing that belongs to a session works on it."""

    keeps_sessions = False
    needs_transactions = True

    def get_connection_params(self) -> dict[str, Any]:
        return {**super().get_connection_params(), "cursor_factory": PooledCursor, "prepare_threshold": None}

    def get_new_connection(self, conn_params: dict[str, Any]) -> psycopg.Connection[Any]:
        """Connect to the pooler; no server process belongs to the connection yet."""
        link = super().get_new_connection(conn_params)
        name_transaction(link)
        return link

    def create_cursor(self, name: str | None = None) -> Any:
        """Return a cursor. Raises NotSupportedError for one that would be held on the server beyond a transaction."""
        if name and not self.in_atomic_block:
            raise NotSupportedError("Behind a pooler, a cursor on the server needs a transaction around it.")
        return super().create_cursor(name)

    def _set_autocommit(self, autocommit: bool) -> None:
        """Begin a transaction when Django turns autocommit off. For psycopg it stays on, so it sends no BEGIN."""
        assert self.connection is not None
        with self.wrap_database_errors:
            if autocommit:
                self.connection.autocommit = True
            else:
                begin(self.connection)

    def _commit(self) -> None:
        try:
            super()._commit()  # type: ignore[misc]  # Django's stubs lack it
        finally:
            self._forget_transaction()

    def _rollback(self) -> None:
        try:
            super()._rollback()  # type: ignore[misc]
        finally:
            self._forget_transaction()

    def _forget_transaction(self) -> None:
        if self.connection is not None:
            name_transaction(self.connection)


DatabaseWrapper = PooledWrapper
