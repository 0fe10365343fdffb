"""The export of spans: OTLP over HTTP, in batches, from a separate thread."""

import atexit
import os
import threading
from collections.abc import Callable
from importlib import metadata

import structlog

from mailflatrate.base.tracing import spans
from mailflatrate.settings.schema import Settings

GOODBYE_SECONDS = 2.0
"""For the last batch when the process ends: a collector that hangs must not hold it up."""

log = structlog.get_logger(__name__)


def begin_tracing(settings: Settings, process: str) -> Callable[[], object] | None:
    """Call it once per process. Returns a function that flushes the pending spans; None if tracing stays off."""
    if settings.otlp_endpoint is None or os.environ.get("OTEL_SDK_DISABLED", "").lower() == "true":
        return None
    try:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
        from opentelemetry.sdk.resources import Resource
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.export import BatchSpanProcessor
    except ImportError as problem:
        fix = "pip install --no-deps --require-hashes -r requirements/traces.txt"
        log.error("traces_off", problem=str(problem), fix=fix)
        return None
    named = {"service.name": "mailflatrate", "service.version": _version(), "mailflatrate.process": process}
    provider = TracerProvider(resource=Resource.create(named), shutdown_on_exit=False)
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    spans.use(provider.get_tracer("mailflatrate"))

    def say_goodbye() -> None:
        last = threading.Thread(target=provider.force_flush, daemon=True)
        last.start()
        last.join(GOODBYE_SECONDS)

    atexit.register(say_goodbye)
    return provider.force_flush


def _version() -> str:
    try:
        return metadata.version("mailflatrate")
    except metadata.PackageNotFoundError:
        return ""
