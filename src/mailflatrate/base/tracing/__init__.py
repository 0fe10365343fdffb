"""OpenTelemetry traces, if an endpoint is set (OTEL_EXPORTER_OTLP_ENDPOINT); otherwise nothing is imported.

`span` opens a span around a block, `job_span` that of a background job. A job deferred by a request continues its
trace. A job deferred by a job begins a trace of its own, linked to the first, because a campaign's jobs run for days.
The context travels in the arguments `_trace` and `_due` of the job. Spans carry numbers and our own names, never what a
person typed: no path, query, address or text of an exception.
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
