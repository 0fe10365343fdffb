"""Queries that a person waits for: given up after some time, so that another way can be tried."""

from collections.abc import Callable
from typing import TypeVar

from django.db import OperationalError, connection, transaction

T = TypeVar("T")
_CANCELED = "57014"


def within(milliseconds: int, read: Callable[[], T]) -> T | None:
    """Return what `read` returns, or None if one of its statements takes longer than `milliseconds`.

    The transaction continues either way, and the time limit of later statements is unchanged.
    """
    with connection.cursor() as cursor:
        cursor.execute("SHOW statement_timeout")
        (before,) = cursor.fetchone()
        try:
            with transaction.atomic():
                cursor.execute("SELECT set_config('statement_timeout', %s, true)", [str(milliseconds)])
                found = read()
                cursor.execute("SELECT set_config('statement_timeout', %s, true)", [before])
                return found
        except OperationalError as error:
            if getattr(error.__cause__, "sqlstate", "") != _CANCELED:
                raise
            return None
