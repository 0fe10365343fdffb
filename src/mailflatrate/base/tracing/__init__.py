"""OpenTelemetry traces, if OTEL_EXPORTER_OTLP_ENDPOINT is set; otherwise nothing is imported. A job deferred by a
request continues its trace; one deferred by a job begins its own, linked to the first, because a campaign's jobs
run for days. Spans carry numbers and our own names, never what a person typed: no path, query, address or text of
an exception.
"""

from mailflatrate.base.tracing.spans import (
    JobTraceContext,
    annotate,
    carried,
    carried_sql,
    is_on,
    job_span,
    request_span,
    span,
    take_up,
)

__all__ = [
    "JobTraceContext",
    "annotate",
    "carried",
    "carried_sql",
    "is_on",
    "job_span",
    "request_span",
    "span",
    "take_up",
]
