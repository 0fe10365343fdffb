"""Traces: a small collector reads what every kind of work exports, and finds no person in it."""

import asyncio
import json
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import psycopg
import pytest
from django.test import Client
from procrastinate.contrib.django import app

import mailflatrate
from estate import Estate, build_estate, release
from mailflatrate.apps.campaigns.models import Campaign
from mailflatrate.apps.delivery.send import sender
from mailflatrate.apps.inbound import intake
from mailflatrate.apps.inbound.intake import Arrival
from mailflatrate.base import jobs, tenancy, tracing
from mailflatrate.base.jobs import JobQueue
from mailflatrate.base.tracing import spans
from mailflatrate.base.tracing.exporting import begin_tracing
from mailflatrate.settings.schema import load_settings
from support.cost import costs_at_most
from support.fake_relay import FakeRelay

trace_service = pytest.importorskip("opentelemetry.proto.collector.trace.v1.trace_service_pb2")
MessageToDict = pytest.importorskip("google.protobuf.json_format").MessageToDict
PEOPLE = 40
QUIET = "curious.person@people.example"


@dataclass
class Collector:
    """Takes OTLP over HTTP; what came, decoded and as it was."""

    raw: list[bytes] = field(default_factory=list)

    def text(self) -> str:
        """Everything that came and may be text; ids are in base64, which has no @."""
        read = trace_service.ExportTraceServiceRequest.FromString
        return "".join(json.dumps(MessageToDict(read(octets))) for octets in self.raw)

    def spans(self) -> dict[str, list[object]]:
        found: dict[str, list[object]] = {}
        for octets in self.raw:
            message = trace_service.ExportTraceServiceRequest.FromString(octets)
            for resource in message.resource_spans:
                for scope in resource.scope_spans:
                    for span in scope.spans:
                        found.setdefault(span.name, []).append(span)
        return found


@pytest.fixture
def collector() -> Iterator[tuple[Collector, str]]:
    kept = Collector()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            assert self.path == "/v1/traces"
            assert self.headers.get("Content-Encoding") is None
            kept.raw.append(self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(200)
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            return

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        running = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        running.start()
        yield kept, f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        running.join()


@pytest.fixture
def flush(collector: tuple[Collector, str], monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[], object]]:
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", collector[1])
    monkeypatch.setenv("OTEL_BSP_SCHEDULE_DELAY", "200")
    begun = begin_tracing(load_settings().model_copy(update={"otlp_endpoint": collector[1]}), "test")
    assert begun is not None
    try:
        yield begun
    finally:
        spans.use(None)


def waiting(owner: psycopg.Connection[tuple[object, ...]], name: str, **wanted: int) -> list[dict[str, object]]:
    rows = owner.execute(
        "SELECT args FROM procrastinate_jobs WHERE task_name = %s AND status = 'todo' ORDER BY id", [name]
    ).fetchall()
    return [args for (args,) in rows if wanted.items() <= args.items()]  # type: ignore[union-attr,misc]


def send(estate: Estate, chunk_jobs: list[dict[str, object]]) -> int:
    """Run the jobs of chunks as a sender does; how many messages left."""

    async def work() -> int:
        async with FakeRelay() as relay:
            settings = load_settings().model_copy(update={"relay_host": "127.0.0.1", "relay_port": relay.port})
            sender._sender = sender.Sender(settings)
            try:
                for arguments in chunk_jobs:
                    await app.tasks["delivery.send_chunk"].func(**arguments)
            finally:
                await sender.close_sender()
            return len(relay.received)

    return asyncio.run(work())


def test_a_campaign_is_traced_from_the_request_to_its_outcomes_and_no_person_is_in_it(
    database: str, collector: tuple[Collector, str], flush: Callable[[], object]
) -> None:
    estate = build_estate(PEOPLE)
    campaign_id = release(estate, plan_now=False)
    with tenancy.account(estate.account_id):
        decision = Campaign.objects.get(id=campaign_id).decisions.get()
    ids = {"account_id": estate.account_id, "campaign_id": campaign_id}
    answer = Client().get(
        "/healthz", {"q": QUIET}, headers={"User-Agent": QUIET, "traceparent": f"00-{'a' * 32}-{'b' * 16}-01"}
    )
    assert answer.status_code == 200
    Client().get(f"/u/{QUIET}")
    Client().get("/api/v1/contacts", {"email": QUIET}, headers={"Authorization": f"Bearer {QUIET}"})
    with psycopg.connect(database, autocommit=True) as owner:
        with tracing.request_span(), tenancy.account(estate.account_id):
            jobs.defer(
                "delivery.plan_campaign", JobQueue.PLAN, **ids, edition_id=decision.edition_id, decision_id=decision.id
            )
        (arguments,) = waiting(owner, "delivery.plan_campaign", **ids)
        app.tasks["delivery.plan_campaign"].func(**arguments)
        chunks = waiting(owner, "delivery.send_chunk", account_id=estate.account_id)
        assert chunks
    assert send(estate, chunks) == PEOPLE
    intake.store(
        [Arrival("smtp", "198.51.100.9", QUIET, "abuse@mailflatrate.example", f"From: {QUIET}\r\n\r\nhi".encode())]
    )
    for lane in range(intake.READ_SHARDS):
        app.tasks["inbound.read_new"].func(lane=lane)
    with pytest.raises(ValueError, match="curious"), tracing.request_span(note=QUIET), tracing.span("inner"):
        raise ValueError(QUIET)
    flush()
    kept, _ = collector
    found = kept.spans()
    assert "@" not in kept.text(), "no address is in any span, attribute, event or status"
    parts = {f"chunk.{part}" for part in ("claim", "prepare", "send", "outcomes", "finish")}
    works = {"delivery.plan_campaign", "plan.slice", "delivery.send_chunk", "inbound.read_new", "inbound.triage"}
    assert parts | works | {"GET healthz"} <= set(found)
    assert any(name.startswith("GET api/v1/") for name in found), sorted(found)
    assert sum(map(len, found.values())) < PEOPLE + 30, "none is made for each message"
    (planning,) = found["delivery.plan_campaign"]
    assert planning.parent_span_id in {each.span_id for each in found["request"]}, "a request goes on in its jobs"
    first = found["delivery.send_chunk"][0]
    assert not first.parent_span_id
    (link,) = first.links
    assert link.trace_id == planning.trace_id != first.trace_id, "a job of a job begins a trace and is linked"
    assert link.span_id in {each.span_id for each in found["plan.slice"]}
    sent = {each.key: each.value for each in found["chunk.send"][0].attributes}
    assert sent["results.sent"].int_value + sent.get("results.bounced", sent["results.sent"]).int_value >= 1
    assert sent["sign_seconds"].double_value > 0
    lags = [each.value.double_value for each in planning.attributes if each.key == "job.lag_seconds"]
    assert len(lags) == 1 and 0 <= lags[0] < 600
    visitor = found["GET healthz"][0]
    assert visitor.trace_id.hex() != "a" * 32, "what a visitor says of traces counts for nothing"


@pytest.mark.slow
def test_off_by_default_nothing_is_imported_and_nothing_travels(database: str) -> None:
    code = (
        "import sys; from mailflatrate.entrypoints.boot import boot; boot();"
        "from mailflatrate.base.tracing.exporting import begin_tracing;"
        "from mailflatrate.settings.schema import load_settings;"
        "import mailflatrate.entrypoints.workers.worker; begin_tracing(load_settings(), 'x');"
        "print([name for name in sys.modules if 'opentelemetry' in name])"
    )
    environment = {
        "PATH": "/usr/bin:/bin",
        "PYTHONPATH": str(Path(mailflatrate.__file__).parents[1]),
        "MAILFLATRATE_DATA_DIR": str(load_settings().data_dir),
    }
    answer = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, check=True, timeout=60)
    assert json.loads(answer.stdout.decode().strip().splitlines()[-1].replace("'", '"')) == []
    assert tracing.carried() == {} and tracing.carried_sql() == "{}"
    with costs_at_most(5):
        for _ in range(10_000):
            with tracing.span("chunk", messages=1) as span:
                span.set(results=1)


def test_a_process_without_traces_runs_jobs_of_one_with_them() -> None:
    arguments: dict[str, object] = {"lane": 1, "_trace": "child 00-zz", "_due": "soon"}
    assert tracing.take_up(arguments) == tracing.JobTraceContext("child 00-zz", None)
    assert arguments == {"lane": 1}


def test_a_forged_context_in_a_job_harms_nothing(flush: Callable[[], object], collector: tuple[Collector, str]) -> None:
    for text in ("", "child", "link 00-" + "f" * 400, "child \0", "link " + QUIET, "x" * 100_000):
        with tracing.job_span("test.job", "plan", tracing.JobTraceContext(text, float("1e300")), account=1):
            pass
    flush()
    assert len(collector[0].spans()["test.job"]) == 6
    assert "@" not in collector[0].text()
