"""Prometheus metrics from the database: counts and ages, no content. Each query is bounded, and canceled after a
second; one that fails omits its own series and is counted.
"""

# ruff: noqa: S608  # every statement is made of constants

from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Final

import structlog
from django.db import DatabaseError, InterfaceError, connection, connections, transaction
from prometheus_client.core import GaugeMetricFamily, Metric

from mailflatrate.apps.campaigns.models import CampaignState
from mailflatrate.apps.delivery.full_disks import WITHOUT_ROOM
from mailflatrate.base import job_queue, tenancy
from mailflatrate.base.audit.jobs import CHECKED, DAMAGED
from mailflatrate.base.jobs import JobQueue
from mailflatrate.base.metrics.names import PROVIDER_KEYS
from mailflatrate.base.tenancy import PlatformReason
from mailflatrate.rules import sql

STATEMENT_MILLISECONDS: Final = 1000
ANSWER_SECONDS: Final = 5.0
"""Prometheus waits ten."""
PREFIX: Final = "mailflatrate_"
_QUEUES: Final = tuple((queue.value,) for queue in JobQueue)

log = structlog.get_logger("metrics")


@dataclass(frozen=True, slots=True)
class GaugeQuery:
    """`sql`: label values and a number per row; combinations in `zero` are zero if no row has them."""

    name: str
    text: str
    sql: str
    labels: tuple[str, ...] = ()
    zero: tuple[tuple[str, ...], ...] = ((),)


def _age(moment: str) -> str:
    return f"coalesce(greatest(0, extract(epoch FROM now() - {moment})), 0)::float8"


FIGURES: Final = (
    GaugeQuery(
        "jobs", "Background jobs by queue and state",
        job_queue.JOBS_BY_QUEUE_AND_STATE,
        ("queue", "state"), tuple((*queue, state) for queue in _QUEUES for state in ("todo", "doing", "failed")),
    ),
    GaugeQuery(
        "campaigns", "Campaigns by state", "SELECT state, count(*) FROM campaign GROUP BY 1",
        ("state",), tuple((state.value,) for state in CampaignState),
    ),
    GaugeQuery(
        "chunks", "Chunks on their way by state",
        "SELECT state, count(*) FROM chunk WHERE state IN ('ready', 'sending') GROUP BY 1",
        ("state",), (("ready",), ("sending",)),
    ),
    GaugeQuery(
        "oldest_chunk_seconds", "Age of the chunk that has waited or been worked on longest, of campaigns that run",
        f"SELECT 'sending', {_age('min(claimed_at)')} FROM chunk WHERE state = 'sending' UNION ALL"
        f" SELECT 'ready', {_age('min(coalesce(c.not_before, p.finished_at, c.claimed_at))')} FROM chunk c"
        " JOIN campaign k ON k.id = c.campaign_id AND k.account_id = c.account_id"
        f" AND k.state IN {sql.campaign_states('RUNNING')}"
        " LEFT JOIN plan p ON p.campaign_id = c.campaign_id AND p.account_id = c.account_id"
        " WHERE c.state = 'ready'",
        ("state",), (("ready",), ("sending",)),
    ),
    GaugeQuery(
        "chunk_heartbeat_seconds", "Oldest heartbeat among the chunks that senders hold",
        f"SELECT {_age('min(heartbeat_at)')} FROM chunk WHERE state = 'sending'",
    ),
    GaugeQuery("retries", "Deferred messages that wait for their next attempt", "SELECT count(*) FROM retry"),
    GaugeQuery(
        "retry_overdue_seconds", "How long the oldest due retry has waited",
        f"SELECT {_age('min(due_at)')} FROM retry WHERE due_at <= now()",
    ),
    GaugeQuery(
        "unknown_results", "Messages whose result is unknown",
        "SELECT coalesce(sum(count), 0) FROM tally WHERE state = 'in_doubt'",
    ),
    GaugeQuery(
        "relay_failing_seconds", "How long an active relay has taken nothing, as its senders say; 0: it works",
        f"SELECT r.name, {_age('min(p.failing_since)')} FROM relay r LEFT JOIN relay_report p"
        " ON p.relay_id = r.id AND p.problem <> '' AND p.at > now() - interval '1 minute'"
        " WHERE r.state = 'active' GROUP BY 1",
        ("relay",), (),
    ),
    GaugeQuery(
        "relay_connections", "Open connections to a relay, of all senders",
        "SELECT r.name, coalesce(sum(p.connections), 0) FROM relay r LEFT JOIN relay_report p"
        " ON p.relay_id = r.id AND p.at > now() - interval '1 minute' GROUP BY 1",
        ("relay",), (),
    ),
    GaugeQuery(
        "follower_behind_seconds", "How long ago a follower had read its relay's log to its end, running or not",
        f"SELECT name, {_age('caught_up_at')} FROM log_follower",
        ("follower",), (),
    ),
    GaugeQuery(
        "relay_queue", "Messages that wait in the queues of followed relays",
        "SELECT provider, count(*) FROM relay_deferral GROUP BY 1",
        ("provider",), tuple((provider,) for provider in PROVIDER_KEYS),
    ),
    GaugeQuery(
        "sending_held", "1 while all sending is held: by an operator, or after a promotion or a restored backup",
        "SELECT (held_at IS NOT NULL)::int FROM sending_fence",
    ),
    GaugeQuery(
        "senders_without_room", "Senders whose disk is too full for a journal, so that they begin nothing",
        WITHOUT_ROOM,
    ),
    GaugeQuery(
        "lost_claims", "Claims of lost hosts whose journals have not come back",
        "SELECT count(*) FROM lost_claim WHERE settled_at IS NULL",
    ),
    GaugeQuery(
        "held_lanes", "Providers of campaigns that a rule stopped until a person looks",
        "SELECT count(*) FROM lane_hold WHERE released_at IS NULL",
    ),
    GaugeQuery(
        "mail_waiting", "Mail that came in and waits for a worker or a person",
        "SELECT state, count(*) FROM raw_mail WHERE state <> 'handled' GROUP BY 1",
        ("state",), (("new",), ("unread",), ("apart",)),
    ),
    GaugeQuery(
        "inbound_oldest_seconds", "Age of the oldest message that no worker has read",
        f"SELECT {_age('received_at')} FROM raw_mail WHERE state = 'new' ORDER BY id LIMIT 1",
    ),
    GaugeQuery(
        "express_oldest_seconds", "How long the oldest sign-up has waited for its confirmation mail to begin",
        f"SELECT {_age('min(requested_at)')} FROM signup_request WHERE state = 'queued'",
    ),
    GaugeQuery(
        "seal_lag_seconds", "Age of the oldest consent event that is not sealed",
        f"SELECT {_age('recorded_at')} FROM consent_event"
        " WHERE id > coalesce((SELECT up_to_id FROM consent_seal ORDER BY number DESC LIMIT 1), 0) ORDER BY id LIMIT 1",
    ),
    GaugeQuery(
        "audit_damaged", "1 when the last check of the audit log found rows changed, removed or inserted",
        f"SELECT (action = '{DAMAGED}')::int FROM audit_entry WHERE action IN ('{CHECKED}', '{DAMAGED}')"
        " ORDER BY id DESC LIMIT 1",
    ),
    GaugeQuery(
        "withdrawals_waiting_seconds", "Age of the oldest withdrawal that is not in its log",
        f"SELECT {_age('at')} FROM withdrawal_outbox ORDER BY id LIMIT 1",
    ),
    GaugeQuery(
        "withdrawals_unread", "Hosts whose withdrawals were not read since the database was promoted or restored",
        "SELECT count(DISTINCT host) FROM withdrawals_place WHERE replayed_at IS NULL",
    ),
    GaugeQuery(
        "backup_age_seconds", "Age of the newest backup that `mailflatrate backup` made; 0 if it made none",
        f"SELECT {_age('at')} FROM audit_entry WHERE action = 'backup.made' ORDER BY id DESC LIMIT 1",
    ),
    GaugeQuery(
        "database_connections", "Connections to the database server",
        "SELECT 'used', coalesce(sum(numbackends), 0) FROM pg_stat_database UNION ALL"
        " SELECT 'allowed', current_setting('max_connections')::int"
        " - current_setting('superuser_reserved_connections')::int",
        ("kind",), (("used",), ("allowed",)),
    ),
    GaugeQuery(
        "replicas", "Standby servers that are connected, and 1 when commits wait for one of them",
        "SELECT 'connected', count(*) FROM pg_stat_replication UNION ALL"
        " SELECT 'synchronous', (current_setting('synchronous_standby_names') <> '')::int",
        ("kind",), (("connected",), ("synchronous",)),
    ),
    GaugeQuery(
        "replica_lag_seconds", "How far the slowest standby is behind; 0 where the role may not see it",
        "SELECT coalesce(max(extract(epoch FROM replay_lag)), 0)::float8 FROM pg_stat_replication",
    ),
)  # fmt: skip


_asking = ThreadPoolExecutor(1, thread_name_prefix="figures")


class DatabaseFigures:
    """FIGURES and waiting jobs. A silent database costs these and ANSWER_SECONDS, never the host's own metrics."""

    def collect(self) -> Iterator[Metric]:
        """Yield each family. Without a database, all questions have failed."""
        failures = GaugeMetricFamily(f"{PREFIX}figures_failed", "Questions to the database that failed this time")
        answers = GaugeMetricFamily(f"{PREFIX}database_answers", "1 when the database answered this host's pages")
        asked = _asking.submit(self._ask_all)
        try:
            families = asked.result(ANSWER_SECONDS)
        except (DatabaseError, InterfaceError, TimeoutError) as problem:
            asked.cancel()
            log.warning("figures_failed", problem=str(problem)[:200])
            failures.add_metric([], len(FIGURES))
            answers.add_metric([], 0)
        else:
            yield from filter(None, families)
            failures.add_metric([], families.count(None))
            answers.add_metric([], 1)
        yield from (failures, answers)

    def _ask_all(self) -> list[Metric | None]:
        try:
            return list(self._ask())
        finally:
            connections.close_all()

    def _ask(self) -> Iterator[Metric | None]:
        """Run every query in one transaction, each in its own savepoint; yield None for one that failed."""
        with tenancy.platform(PlatformReason.METRICS), connection.cursor() as cursor:
            cursor.execute("SELECT set_config('statement_timeout', %s, true)", [str(STATEMENT_MILLISECONDS)])
            for figure in FIGURES:
                try:
                    with transaction.atomic():
                        cursor.execute(figure.sql)
                        rows = cursor.fetchall()
                except DatabaseError as problem:
                    log.warning("figure_failed", figure=figure.name, problem=str(problem)[:200])
                    yield None
                    continue
                yield _family(figure, rows)
            yield _by_queue(
                "oldest_due_job_seconds",
                "How long the oldest due job has not been taken",
                job_queue.oldest_due_seconds(),
            )
            yield _by_queue("workers", "Living workers that serve a queue", job_queue.served_queues())


def _family(figure: GaugeQuery, rows: list[tuple[object, ...]]) -> Metric:
    family = GaugeMetricFamily(PREFIX + figure.name, figure.text, labels=figure.labels)
    samples = {tuple(str(value) for value in values): float(str(number)) for *values, number in rows}
    for labels in sorted({*figure.zero, *samples}):
        family.add_metric(labels, samples.get(labels, 0.0))
    return family


def _by_queue(name: str, text: str, figures: Mapping[str, float]) -> Metric:
    family = GaugeMetricFamily(PREFIX + name, text, labels=["queue"])
    for queue in JobQueue:
        family.add_metric([queue.value], figures[queue])
    return family
