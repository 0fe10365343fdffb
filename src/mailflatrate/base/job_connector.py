"""The connector between Procrastinate and its queue. It shows the pass for jobs with each statement (ADR 0010)."""

import asyncio
import os
from collections.abc import AsyncGenerator, Iterable
from contextlib import AbstractContextManager, ExitStack, asynccontextmanager
from typing import Any

import psycopg
from django.db import transaction
from procrastinate import App, exceptions
from procrastinate.connector import BaseConnector, Notify
from procrastinate.contrib.django import utils
from procrastinate.contrib.django.django_connector import DjangoConnector
from procrastinate.manager import JobManager
from procrastinate.psycopg_connector import PsycopgConnector, wrap_exceptions
from psycopg import pq, sql
from psycopg.rows import dict_row

from mailflatrate.base import session_lock, tenancy
from mailflatrate.base.job_database.admission import admit_async
from mailflatrate.settings.links import cut, in_order, note_lost, note_reached


class WorkerConnector(PsycopgConnector):
    """A worker's statements and LISTEN over one connection, where the library would hold a pool of four and more. If
    it breaks, the next statement raises, and the worker starts again with another connector. `link` is for the
    locks of the process, which live as long as the process does.
    """

    def __init__(self, parameters: dict[str, Any]) -> None:
        super().__init__()
        self._parameters = parameters
        self._link: psycopg.AsyncConnection[Any] | None = None
        self._listeners: list[tuple[set[str], asyncio.Queue[psycopg.Notify]]] = []
        self._drains: set[asyncio.Task[None]] = set()
        self._wire = -1

    @property
    def link(self) -> psycopg.AsyncConnection[Any]:
        if self._link is None:
            raise exceptions.AppNotOpen
        return self._link

    def get_sync_connector(self) -> BaseConnector:
        return self

    @wrap_exceptions()  # type: ignore[untyped-decorator]  # the library's
    async def open_async(self, pool: Any = None) -> None:
        parameters = self._parameters | in_order(self._parameters)
        self._link = await psycopg.AsyncConnection.connect(**{**parameters, "autocommit": True})
        await admit_async(self._link)
        note_reached(self._link)
        await tenancy.enter_jobs_async(self._link, for_session=True)
        self._link.add_notify_handler(self._hand_on)
        session_lock.begin_keeping(self._link)
        # psycopg itself waits for the connection's descriptor while a statement runs, so this needs one of its own.
        self._wire = os.dup(self._link.fileno())
        self._listen_to_wire()

    async def close_async(self) -> None:
        link, self._link = self._link, None
        if link is None:
            return
        if link.pgconn.status != pq.ConnStatus.OK:
            note_lost(link)
        session_lock.end_keeping(link)
        asyncio.get_running_loop().remove_reader(self._wire)
        os.close(self._wire)
        cut(link)
        for task in list(self._drains):
            task.cancel()
        await link.close()

    @asynccontextmanager
    async def _get_cursor(self, connection: Any = None) -> AsyncGenerator[psycopg.AsyncCursor[dict[str, Any]]]:
        async with self.link.cursor(row_factory=dict_row) as cursor:
            yield cursor

    @wrap_exceptions()  # type: ignore[untyped-decorator]  # the library's
    async def listen_notify(self, on_notification: Notify, channels: Iterable[str]) -> None:
        names = set(channels)
        queue: asyncio.Queue[psycopg.Notify] = asyncio.Queue()
        self._listeners.append((names, queue))
        for name in names:
            await self.link.execute(sql.SQL("LISTEN {}").format(sql.Identifier(name)))
        while True:
            notified = await queue.get()
            await on_notification(channel=notified.channel, payload=notified.payload)

    def _hand_on(self, notified: psycopg.Notify) -> None:
        for names, queue in self._listeners:
            if notified.channel in names:
                queue.put_nowait(notified)

    def _listen_to_wire(self) -> None:
        if self._link is not None:
            asyncio.get_running_loop().add_reader(self._wire, self._something_came)

    def _something_came(self) -> None:
        """Read a statement's answer, or a notification between two statements, unless a read is already under way."""
        asyncio.get_running_loop().remove_reader(self._wire)
        task = asyncio.ensure_future(self._drain())
        self._drains.add(task)
        task.add_done_callback(self._drains.discard)

    async def _drain(self) -> None:
        link = self.link
        async with link.lock:
            try:
                link.pgconn.consume_input()
            except psycopg.OperationalError:
                return  # the next statement will report it
            while (notification := link.pgconn.notifies()) is not None:
                self._hand_on(
                    psycopg.Notify(notification.relname.decode(), notification.extra.decode(), notification.be_pid)
                )
        self._listen_to_wire()


class JobConnector(DjangoConnector):
    """Shows the pass for jobs: on Django's connection for one statement at a time, on a worker's own for as long as
    they live, because these run only Procrastinate's statements, never those of a job.
    """

    def execute_query(self, query: Any, **arguments: Any) -> None:
        with self._shown():
            super().execute_query(query, **arguments)

    def execute_query_one(self, query: Any, **arguments: Any) -> dict[str, Any]:
        with self._shown():
            return super().execute_query_one(query, **arguments)

    def execute_query_all(self, query: Any, **arguments: Any) -> list[dict[str, Any]]:
        with self._shown():
            return super().execute_query_all(query, **arguments)

    def get_worker_connector(self) -> WorkerConnector:
        return WorkerConnector(utils.connector_params(self.alias))

    def _shown(self) -> AbstractContextManager[Any]:
        stack = ExitStack()
        if not self.connection.in_atomic_block:
            stack.enter_context(transaction.atomic(using=self.alias))
        stack.enter_context(tenancy.deferring())
        return stack


def install(app: App) -> None:
    """Replace the connector of the application's Procrastinate (PROCRASTINATE_ON_APP_READY)."""
    app.connector = JobConnector(alias="default")
    app.job_manager = JobManager(app.connector)
