"""The one thread of a sender process that may use the ORM."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import ParamSpec, TypeVar

import structlog
from django.db import InterfaceError, OperationalError, close_old_connections, connections
from structlog.contextvars import bound_contextvars, get_contextvars

from mailflatrate.base.metrics.names import DATABASE_GONE
from mailflatrate.settings.links import LONGEST_PAUSE_SECONDS

P = ParamSpec("P")
T = TypeVar("T")

log = structlog.get_logger(__name__)


class OrmThread:
    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(1, "sender-orm")

    async def run(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        context = get_contextvars()  # a thread of an executor has a context of its own

        def call() -> T:
            with bound_contextvars(**context):
                close_old_connections()
                return function(*args, **kwargs)

        pause = 0.1
        while True:
            try:
                return await asyncio.get_running_loop().run_in_executor(self._thread, call)
            except (OperationalError, InterfaceError) as problem:
                DATABASE_GONE.inc()
                log.warning("database_gone", connection="orm", pause_seconds=pause, problem=str(problem)[:200])
            await asyncio.sleep(pause)
            pause = min(pause * 2, LONGEST_PAUSE_SECONDS)

    async def try_once(self, function: Callable[[], object], seconds: float) -> None:
        """Only where a failure or a timeout does no harm."""
        with suppress(Exception):
            await asyncio.wait_for(asyncio.get_running_loop().run_in_executor(self._thread, function), seconds)

    async def close(self) -> None:
        await asyncio.get_running_loop().run_in_executor(self._thread, connections.close_all)
        self._thread.shutdown()
