"""How Procrastinate reaches the queue: each statement of its own shows the pass for jobs (ADR 0010)."""

from contextlib import AbstractContextManager, ExitStack
from typing import Any

import psycopg
from django.db import transaction
from procrastinate import App
from procrastinate.connector import BaseAsyncConnector
from procrastinate.contrib.django import utils
from procrastinate.contrib.django.django_connector import DjangoConnector
from procrastinate.manager import JobManager
from procrastinate.psycopg_connector import PsycopgConnector

from mailflatrate.base import tenancy


class JobConnector(DjangoConnector):
    """Shows the pass on Django's connection for one statement, and on a worker's own connections for as long as they
    live: these run Procrastinate's statements alone, never those of a job."""

    def execute_query(self, query: Any, **arguments: Any) -> None:
        """Run a statement that returns nothing."""
        with self._shown():
            super().execute_query(query, **arguments)

    def execute_query_one(self, query: Any, **arguments: Any) -> dict[str, Any]:
        """Run a statement that returns one row."""
        with self._shown():
            return super().execute_query_one(query, **arguments)

    def execute_query_all(self, query: Any, **arguments: Any) -> list[dict[str, Any]]:
        """Run a statement that returns rows."""
        with self._shown():
            return super().execute_query_all(query, **arguments)

    def get_worker_connector(self) -> BaseAsyncConnector:
        """Return the pool of connections of a worker process."""
        return PsycopgConnector(kwargs=utils.connector_params(self.alias), configure=_show)

    def _shown(self) -> AbstractContextManager[Any]:
        stack = ExitStack()
        if not self.connection.in_atomic_block:
            stack.enter_context(transaction.atomic(using=self.alias))
        stack.enter_context(tenancy.deferring())
        return stack


async def _show(link: psycopg.AsyncConnection[Any]) -> None:
    """Configure a new connection of the pool, which wants it back outside of a transaction."""
    await tenancy.enter_jobs_async(link, for_session=True)
    if not link.autocommit:
        await link.commit()


def install(app: App) -> None:
    """Replace the connector of the application's Procrastinate (PROCRASTINATE_ON_APP_READY)."""
    app.connector = JobConnector(alias="default")
    app.job_manager = JobManager(app.connector)
