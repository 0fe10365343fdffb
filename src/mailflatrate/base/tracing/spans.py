"""Spans of this process, and how their context travels through the queue."""

import json
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from mailflatrate.base import clock

if TYPE_CHECKING:
    from opentelemetry.trace import Tracer

TRACE, DUE = "_trace", "_due"
LONGEST_TEXT = 120
_CHILD, _LINK = "child", "link"

_tracer: "Tracer | None" = None
_in_job: ContextVar[bool] = ContextVar("tracing_in_job", default=False)


class Span:
    """A span that takes attributes; when tracing is off, they are discarded."""

    __slots__ = ("_span",)

    def __init__(self, span: Any = None) -> None:
        self._span = span

    def set(self, **attributes: object) -> None:
        """Add attributes. Text that could identify a person is dropped."""
        if self._span is not None:
            self._span.set_attributes(_clean(attributes))

    def rename(self, name: str) -> None:
        if self._span is not None:
            self._span.update_name(name)

    def failed(self, problem: str) -> None:
        if self._span is not None:
            from opentelemetry.trace import Status, StatusCode

            self._span.set_status(Status(StatusCode.ERROR, problem))


_OFF = nullcontext(Span())


@dataclass(frozen=True, slots=True)
class JobTraceContext:
    """The trace context of a job: the span that deferred it, and when it was due (Unix milliseconds)."""

    trace: str = ""
    due_ms: float | None = None


def use(tracer: "Tracer | None") -> None:
    global _tracer  # noqa: PLW0603  one a process
    _tracer = tracer


def is_on() -> bool:
    return _tracer is not None


def span(name: str, **attributes: object) -> AbstractContextManager[Span]:
    return _OFF if _tracer is None else _open(_tracer, name, "INTERNAL", attributes)


def request_span(**attributes: object) -> AbstractContextManager[Span]:
    """Open the first span of a request. Trace headers from the client are ignored."""
    return _OFF if _tracer is None else _open(_tracer, "request", "SERVER", attributes)


def annotate(**attributes: object) -> None:
    if _tracer is not None:
        from opentelemetry import trace

        trace.get_current_span().set_attributes(_clean(attributes))


def job_span(name: str, queue: str, brought: JobTraceContext, **attributes: object) -> AbstractContextManager[Span]:
    return _OFF if _tracer is None else _job(_tracer, name, queue, brought, attributes)


def carried(at: datetime | None = None) -> dict[str, str | int]:
    if _tracer is None:
        return {}
    due = at.timestamp() if at is not None else clock.now().timestamp()
    return {TRACE: _written(), DUE: round(due * 1000)}


def carried_sql() -> str:
    """Return `carried()` as JSON, for statements that defer many jobs at once."""
    return json.dumps(carried())


def take_up(arguments: dict[str, Any]) -> JobTraceContext:
    """Remove what `carried` added from a job's arguments; a process without tracing may get such a job too."""
    trace, due = arguments.pop(TRACE, ""), arguments.pop(DUE, None)
    return JobTraceContext(str(trace), float(due) if isinstance(due, int | float) else None)


@contextmanager
def _open(tracer: "Tracer", name: str, kind: str, attributes: dict[str, object], **where: Any) -> Iterator[Span]:
    from opentelemetry.trace import SpanKind

    opened = tracer.start_as_current_span(
        name,
        kind=SpanKind[kind],
        attributes=_clean(attributes),
        record_exception=False,
        set_status_on_exception=False,
        **where,
    )
    with opened as current:
        mine = Span(current)
        try:
            yield mine
        except Exception as problem:
            mine.failed(type(problem).__name__)  # its text may name a person
            raise


@contextmanager
def _job(
    tracer: "Tracer", name: str, queue: str, brought: JobTraceContext, attributes: dict[str, object]
) -> Iterator[Span]:
    if brought.due_ms is not None:
        attributes["job.lag_seconds"] = round(max(0.0, time.time() - brought.due_ms / 1000), 3)
    token = _in_job.set(True)
    try:
        with _open(tracer, name, "CONSUMER", {"job.queue": queue, **attributes}, **_origin(brought.trace)) as mine:
            yield mine
    finally:
        _in_job.reset(token)


def _written() -> str:
    """Return the current span in one line: how the job relates to it, then its traceparent (W3C)."""
    from opentelemetry import trace

    context = trace.get_current_span().get_span_context()
    if not context.is_valid:
        return ""
    relation = _LINK if _in_job.get() else _CHILD
    return f"{relation} 00-{context.trace_id:032x}-{context.span_id:016x}-{context.trace_flags:02x}"


def _origin(written: str) -> dict[str, Any]:
    """Return how a job's span begins: below the span of a request, or on its own with a link to the previous job."""
    from opentelemetry import trace
    from opentelemetry.context import Context
    from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

    relation, _, parent = written.partition(" ")
    context = TraceContextTextMapPropagator().extract({"traceparent": parent}, Context())
    if relation == _CHILD:
        return {"context": context}
    source = trace.get_current_span(context).get_span_context()
    return {"context": Context(), "links": [trace.Link(source)] if source.is_valid else []}


def _clean(attributes: dict[str, object]) -> dict[str, Any]:
    """Keep only numbers and short names without an @."""
    return {
        name.replace("__", "."): value
        for name, value in attributes.items()
        if isinstance(value, bool | int | float)
        or (isinstance(value, str) and len(value) <= LONGEST_TEXT and "@" not in value)
    }
