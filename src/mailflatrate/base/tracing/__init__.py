"""OpenTelemetry traces, where an endpoint is set (OTEL_EXPORTER_OTLP_ENDPOINT); otherwise nothing is imported.

`span` opens a span around a block, `job_span` the one of a background job. What a request defers continues its trace;
what a job defers begins a trace of its own, linked to the job, because a campaign's jobs go on for days. The context
travels in the arguments `_trace` and `_due` of the job.

Spans carry numbers and names of ours, never what a person typed: no path, query, address or text of an exception.
"""

from mailflatrate.base.tracing.spans import (
    Carried,
    Span,
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
    "Carried",
    "Span",
    "annotate",
    "carried",
    "carried_sql",
    "is_on",
    "job_span",
    "request_span",
    "span",
    "take_up",
]
