"""`/healthz` for liveness probes, `/metrics` for Prometheus."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from threading import Lock

from django.db import DatabaseError, connection
from django.db.migrations.loader import MigrationLoader
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.http import require_safe
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest

from mailflatrate import __version__
from mailflatrate.apps.delivery.journal_figures import JournalFigures
from mailflatrate.apps.stats.monitoring import DatabaseFigures
from mailflatrate.base.job_queue import oldest_due_seconds, served_queues
from mailflatrate.base.jobs import JobQueue
from mailflatrate.base.metrics import sharing
from mailflatrate.entrypoints.client import came_through_proxy, client_ip, is_in
from mailflatrate.settings import load_settings


@require_safe
def healthz(_request: HttpRequest) -> JsonResponse:
    """Return 200 while this process responds. It checks nothing else: a restart would not bring a database back."""
    return JsonResponse({"status": "ok"})


def is_trusted(request: HttpRequest) -> bool:
    """From MAILFLATRATE_METRICS_NETWORKS, if forwarded by a known proxy: visitors behind any other look like it."""
    if "X-Forwarded-For" in request.headers and not came_through_proxy(request):
        return False
    return is_in(load_settings().metrics_networks, client_ip(request))


@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    """Only numbers, no content, and only for the networks in MAILFLATRATE_METRICS_NETWORKS."""
    if not is_trusted(request):
        raise Http404
    folder = load_settings().data_dir
    sharing.write_now()
    registry = CollectorRegistry(auto_describe=False)
    registry.register(sharing.HostFigures(folder / sharing.FOLDER))
    registry.register(JournalFigures(folder / "journal"))
    registry.register(DatabaseFigures())
    return HttpResponse(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)


KEPT_SECONDS = 1.0
"""Strangers may ask as often as they like: the database is asked once in this time."""
OLDEST_SECONDS = 600.0


@dataclass(frozen=True, slots=True)
class ReadinessCheck:
    name: str
    problem: str = ""


@require_safe
def readyz(request: HttpRequest) -> JsonResponse:
    """Check the database, migrations, a live worker for each queue, and that no job is ten minutes overdue."""
    return _answer(request, _all)


@require_safe
def readyz_web(request: HttpRequest) -> JsonResponse:
    return _answer(request, _pages)


def _answer(request: HttpRequest, checks: Callable[[], list[ReadinessCheck]]) -> JsonResponse:
    results = checks()
    is_ready = not any(check.problem for check in results)
    answer: dict[str, object] = {"status": "ready" if is_ready else "unready"}
    if is_trusted(request):
        answer["version"] = __version__
        answer["checks"] = {check.name: check.problem or "ok" for check in results}
    return JsonResponse(answer, status=200 if is_ready else 503)


class _KeptResult:
    """The cached result of some checks, refreshed by one thread at a time once it is older than KEPT_SECONDS."""

    def __init__(self, ask: Callable[[], Iterator[ReadinessCheck]]) -> None:
        self._ask = ask
        self._lock = Lock()
        self._found: list[ReadinessCheck] = []
        self._until = 0.0

    def __call__(self) -> list[ReadinessCheck]:
        with self._lock:
            if time.monotonic() >= self._until:
                try:
                    self._found = list(self._ask())
                except DatabaseError as problem:
                    connection.close()
                    self._found = [ReadinessCheck("database", type(problem).__name__)]
                self._until = time.monotonic() + KEPT_SECONDS
            return self._found

    def forget(self) -> None:
        self._until = 0.0


def _check_pages() -> Iterator[ReadinessCheck]:
    missing = _missing_migrations()
    yield ReadinessCheck("database")
    yield ReadinessCheck("migrations", f"{missing} are not applied" if missing else "")


def _check_all() -> Iterator[ReadinessCheck]:
    yield from _check_pages()
    serving, oldest = served_queues(), oldest_due_seconds()
    unserved = [queue.value for queue in JobQueue if not serving[queue]]
    yield ReadinessCheck("workers", f"none for {', '.join(unserved)}" if unserved else "")
    # A large campaign's chunks wait their turn in the send queue for hours, as they should.
    late = [
        f"{queue.value} {oldest[queue]:.0f} s"
        for queue in JobQueue
        if oldest[queue] > OLDEST_SECONDS and queue is not JobQueue.SEND
    ]
    yield ReadinessCheck("jobs", f"due and not taken: {', '.join(late)}" if late else "")


_pages, _all = _KeptResult(_check_pages), _KeptResult(_check_all)


def forget() -> None:
    _pages.forget()
    _all.forget()


@cache
def _shipped_migrations() -> frozenset[tuple[str, str]]:
    return frozenset(MigrationLoader(None).graph.nodes)


def _missing_migrations() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT app, name FROM django_migrations")
        return len(_shipped_migrations() - set(cursor.fetchall()))
