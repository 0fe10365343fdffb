"""Queries that a person waits for: given up after some time, so that another way can be tried."""

from collections.abc import Callable
from typing import TypeVar

from django.db import OperationalError, connection, transaction

T = TypeVar("T")
_CANCELED = "57014"


_SETTINGS = "SELECT current_setting('statement_timeout'), current_setting('max_parallel_workers_per_gather')"
_SET = "SELECT set_config('statement_timeout', %s, true), set_config('max_parallel_workers_per_gather', %s, true)"


def within(milliseconds: int, read: Callable[[], T], *, alone: bool = False) -> T | None:
    """None if a statement isn't done in time; the transaction goes on. `alone`: no parallel workers, which start
    slowly.
    """
    with connection.cursor() as cursor:
        cursor.execute(_SETTINGS)
        before, workers = cursor.fetchone()
        try:
            with transaction.atomic():
                cursor.execute(_SET, [str(milliseconds), "0" if alone else workers])
                answer = read()
                cursor.execute(_SET, [before, workers])
                return answer
        except OperationalError as error:
            if getattr(error.__cause__, "sqlstate", "") != _CANCELED:
                raise
            return None
