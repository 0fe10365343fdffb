"""`/healthz` for liveness probes, `/metrics` for Prometheus."""

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.http import require_safe
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest

from mailflatrate.apps.delivery.journal_figures import JournalFigures
from mailflatrate.apps.stats.monitoring import DatabaseFigures
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
