"""The series that processes count. Each exists with its labels from the start, so that its rate is correct from the
first event. Labels come from closed lists: never an account, a campaign, an address or other outside input.
"""

from typing import Final

from prometheus_client import Counter, Gauge, Histogram, disable_created_metrics

from mailflatrate import __version__
from mailflatrate.rules.sending.providers import OTHER, PROVIDERS

disable_created_metrics()  # type: ignore[no-untyped-call]  # one series more for each counter, and nothing asks for it

OUTCOMES: Final = ("sent", "deferred", "bounced", "in_doubt", "withheld")
ATTEMPTS: Final = ("sent", "deferred", "bounced", "expired")
PROVIDER_KEYS: Final = (*(provider.key for provider in PROVIDERS), OTHER)
JOB_RESULTS: Final = ("succeeded", "failed", "retried")
RECEIVED: Final = ("accepted", "deferred", "refused")
DOORS: Final = ("smtp", "lmtp")
LANES: Final = ("pages", "leave", "health", "ready")
STATUSES: Final = ("2xx", "3xx", "4xx", "5xx", "gone")
_FAST: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)
_SLOW: Final = (0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 900, 3600)

RESULTS: Final = Counter(
    "mailflatrate_results",
    "Results of messages: the relay's reply, an unknown result, or a rule that withheld it",
    ["relay", "provider", "result"],
)
CHUNKS: Final = Counter("mailflatrate_chunks_worked", "Chunks that a sender was done with or gave back")
RELAY_SECONDS: Final = Histogram(
    "mailflatrate_relay_seconds",
    "From a message's first octet to the relay's reply; of every 16th message",
    ["relay"],
    buckets=_FAST,
)
RELAY_FAILURES: Final = Counter(
    "mailflatrate_relay_failures", "Times that no connection to a relay could be had", ["relay"]
)
CLAIM_SECONDS: Final = Histogram("mailflatrate_claim_seconds", "Claiming a chunk with its rows", buckets=_FAST)
RECORD_SECONDS: Final = Histogram(
    "mailflatrate_record_seconds", "Writing a batch of results, repeats included", buckets=_FAST
)
EXPRESS_SECONDS: Final = Histogram(
    "mailflatrate_express_seconds", "From a sign-up to the relay's reply to its confirmation mail", buckets=_SLOW
)
DATABASE_GONE: Final = Counter("mailflatrate_database_gone", "Times that the database did not answer a sender")
DATABASE_REFUSED: Final = Counter(
    "mailflatrate_database_refused", "Connections to an old primary, or to a database that this host doesn't work with"
)
CLOCK_DRIFT: Final = Gauge(
    "mailflatrate_clock_drift_seconds", "How far this host's clock is ahead of the database's, as a sender sees it"
)
JOBS: Final = Counter("mailflatrate_jobs_worked", "Background jobs by name and how they ended", ["job", "result"])
JOB_SECONDS: Final = Histogram("mailflatrate_job_seconds", "How long background jobs took", ["queue"], buckets=_SLOW)
INBOUND: Final = Counter(
    "mailflatrate_inbound", "Messages from other servers, and recipients that were refused", ["door", "result"]
)
REQUESTS: Final = Counter("mailflatrate_requests", "Requests to the pages", ["lane", "status"])
REQUEST_SECONDS: Final = Histogram(
    "mailflatrate_request_seconds", "From a request's headers to the end of its answer", ["lane"], buckets=_FAST
)
RELAY_ATTEMPTS: Final = Counter(
    "mailflatrate_relay_attempts",
    "What a followed relay's log said of our messages, by provider",
    ["provider", "result"],
)
FOLLOWER_LINES: Final = Counter("mailflatrate_follower_lines", "Lines of a relay's log that were read and recorded")
FOLLOWER_LAG: Final = Gauge("mailflatrate_follower_lag_seconds", "Age of the newest line of a relay's log that is read")
JOURNAL_DAMAGED: Final = Counter(
    "mailflatrate_journal_damaged_lines", "Lines of senders' journals that could not be read, each time they were tried"
)
WITHDRAWALS_UNJOURNALED: Final = Counter(
    "mailflatrate_withdrawals_unjournaled", "Withdrawals that the host's journal could not take; the database has them"
)
HEARTBEAT: Final = Gauge("mailflatrate_heartbeat_timestamp_seconds", "When a process last wrote its figures")
STARTED: Final = Gauge("mailflatrate_started_timestamp_seconds", "When a process began")
BUILD: Final = Gauge("mailflatrate_build_info", "Always 1; the label says which version a process runs", ["version"])
BUILD.labels(__version__).set(1)

for _lane in LANES:
    REQUEST_SECONDS.labels(_lane)
    for _status in STATUSES:
        REQUESTS.labels(_lane, _status)
for _door in DOORS:
    for _result in RECEIVED:
        INBOUND.labels(_door, _result)


def begin_relay(relay: str) -> None:
    RELAY_SECONDS.labels(relay)
    RELAY_FAILURES.labels(relay)
    for provider in PROVIDER_KEYS:
        for result in OUTCOMES:
            RESULTS.labels(relay, provider, result)


def begin_follower() -> None:
    for provider in PROVIDER_KEYS:
        for result in ATTEMPTS:
            RELAY_ATTEMPTS.labels(provider, result)


def begin_job(name: str, queue: str) -> None:
    JOB_SECONDS.labels(queue)
    for result in JOB_RESULTS:
        JOBS.labels(name, result)
