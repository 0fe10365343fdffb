"""`/healthz` for load balancers, `/metrics` for Prometheus."""

from django.db import connection
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.http import require_safe
from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, CollectorRegistry, Gauge, generate_latest

from mailflatrate.base import tenancy
from mailflatrate.base.tenancy import PlatformReason
from mailflatrate.entrypoints.web.client import came_through_proxy, client_ip, is_in
from mailflatrate.settings import load_settings

COUNTS = {
    "jobs": ("Jobs by queue and state", ("queue", "state"),
             "SELECT queue_name, status::text, count(*) FROM procrastinate_jobs WHERE status IN ('todo', 'doing') "
             "GROUP BY 1, 2"),
    "campaigns": ("Campaigns by state", ("state",), "SELECT state, count(*) FROM campaign GROUP BY 1"),
    "chunks": ("Chunks on their way by state", ("state",),
               "SELECT state, count(*) FROM chunk WHERE state IN ('ready', 'sending') GROUP BY 1"),
    "retries": ("Deferred deliveries", (), "SELECT count(*) FROM retry"),
    "mail_waiting": ("Mail that waits for a person or a reader", ("state",),
                     "SELECT state, count(*) FROM raw_mail WHERE state <> 'handled' GROUP BY 1"),
}  # fmt: skip


@require_safe
def healthz(_request: HttpRequest) -> JsonResponse:
    """200 as long as this process answers. It asks nobody else: a restart would not bring a database back."""
    return JsonResponse({"status": "ok"})


def is_trusted(request: HttpRequest) -> bool:
    """Whether a request comes from the networks in MAILFLATRATE_METRICS_NETWORKS.

    A visitor behind a proxy that the settings do not name looks like the proxy, so a request that was forwarded needs
    a proxy that is known.
    """
    if "X-Forwarded-For" in request.headers and not came_through_proxy(request):
        return False
    return is_in(load_settings().metrics_networks, client_ip(request))


@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    """This process, and counts of the whole installation. Numbers only, nothing of anybody's content.

    Only for the networks in MAILFLATRATE_METRICS_NETWORKS: each call counts whole tables.
    """
    if not is_trusted(request):
        raise Http404
    registry = CollectorRegistry()
    with tenancy.platform(PlatformReason.METRICS), connection.cursor() as cursor:
        for name, (text, labels, sql) in COUNTS.items():
            gauge = Gauge(f"mailflatrate_{name}", text, labels, registry=registry)
            cursor.execute(sql)
            for *values, number in cursor.fetchall():
                (gauge.labels(*values) if labels else gauge).set(number)
    return HttpResponse(generate_latest(REGISTRY) + generate_latest(registry), content_type=CONTENT_TYPE_LATEST)
