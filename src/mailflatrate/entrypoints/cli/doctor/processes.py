"""Running processes: heartbeats, jobs, listeners, how senders mark what they send (ADR 0002), and unknown results."""

from collections.abc import Iterator

from django.core.cache import cache
from django.db import connection

from mailflatrate.apps.delivery.recovery import sender_processes
from mailflatrate.apps.delivery.recovery.unknown import all_unknown
from mailflatrate.apps.delivery.send.journal import known_host
from mailflatrate.base import job_queue
from mailflatrate.entrypoints.boot.doctor_report import Line, missing, ok, warning
from mailflatrate.entrypoints.client import is_in
from mailflatrate.entrypoints.web.unknown_proxy import KEY
from mailflatrate.mail.writing.questions import sample_question
from mailflatrate.settings import same_machine
from mailflatrate.settings.schema import MarkMode, Settings
from mailflatrate.wire.chat import ChatEndpoint, ChatFailed, ChatProblem, ask_model
from mailflatrate.wire.probe import ProbeFailed, ask_recipients

HEARTBEAT_SECONDS = 60
UNTOUCHED_MINUTES = 10


def traffic_lines(settings: Settings) -> Iterator[Line]:
    """Changes nothing; asks the listeners for two addresses that RFC 2142 requires everyone to have."""
    yield _workers()
    yield from _jobs()
    yield from _listeners(settings)
    yield from _proxy(settings)


def _proxy(settings: Settings) -> Iterator[Line]:
    peer = cache.get(KEY)
    if isinstance(peer, str) and not is_in(settings.trusted_proxies, peer):
        yield missing(
            "proxy",
            f"requests come through {peer}, which isn't trusted, so visitors can't be told apart",
            f"Add {peer} to MAILFLATRATE_TRUSTED_PROXIES if it's yours. This entry disappears after a day.",
        )


def _workers() -> Line:
    alive = len(job_queue.workers(HEARTBEAT_SECONDS))
    if alive:
        return ok("workers", f"{alive} {'worker is' if alive == 1 else 'workers are'} running")
    return missing(
        "workers", "no worker is running", "Start `mailflatrate up`, or the units mailflatrate-worker and -sender."
    )


def _jobs() -> Iterator[Line]:
    waiting = job_queue.overdue(UNTOUCHED_MINUTES)
    failed = sum(backlog.failed for backlog in job_queue.backlogs().values())
    for queue, number in waiting.items():
        yield missing(
            "jobs",
            f"{number} jobs in the queue {queue} have been due for more than {UNTOUCHED_MINUTES} minutes",
            f"Start a worker for this queue: `mailflatrate worker --queues {queue}`.",
        )
    if failed:
        yield warning("jobs", f"{failed} jobs failed permanently", "Read the workers' logs; the jobs are kept.")
    if not waiting and not failed:
        yield ok("jobs", "no overdue and no failed jobs")


def _listeners(settings: Settings) -> Iterator[Line]:
    recipients = [f"{name}@{settings.service_domain}" for name in ("abuse", "postmaster")]
    for kind, port in (("SMTP", settings.inbound_smtp_port), ("LMTP", settings.inbound_lmtp_port)):
        if not port:
            continue
        where = f"the {kind} listener at {settings.smtpd_host}:{port}"
        try:
            replies = ask_recipients(settings.smtpd_host, port, recipients, lmtp=kind == "LMTP")
        except ProbeFailed as problem:
            yield missing(
                "inbound",
                f"{where} doesn't answer: {problem}",
                "Start `mailflatrate up` or the unit mailflatrate-inbound.",
            )
            continue
        refused = [f"{address}: {reply}" for address, reply in replies.items() if not reply.startswith("250")]
        if refused:
            yield missing("inbound", f"{where} rejects {'; '.join(refused)}", "Check MAILFLATRATE_SERVICE_DOMAIN.")
        else:
            yield ok("inbound", f"{where} accepts {' and '.join(recipients)}")


def mark_lines(settings: Settings) -> Iterator[Line]:
    yield ok("marks", _found(settings))


def _found(settings: Settings) -> str:
    marking = "what is sent is marked message by message"
    if settings.sender_marks is MarkMode.EACH:
        return f"{marking}: MAILFLATRATE_SENDER_MARKS=each"
    if sender_processes.other_host_sends(known_host(settings.data_dir / "journal")):
        return f"{marking}: another host sends, too"
    with connection.cursor() as cursor:
        cursor.execute(same_machine.SESSION)
        session = cursor.fetchone()
    if not same_machine.is_served_here(connection.connection.fileno(), session):
        return f"{marking}: the database isn't known to run on this machine"
    return "what is sent is marked once a chunk: the database is on this machine and no other host sends"


MOST_HOSTS = 20


def unknown_lines() -> Iterator[Line]:
    unknowns = all_unknown()
    hosts = unknowns.hosts
    for host in hosts[:MOST_HOSTS]:
        yield warning(
            "results",
            f"the journal of the lost host {host.name} has been missing since {host.since:%Y-%m-%d %H:%M} UTC. It "
            f"would settle unknown results: {host.results}, in campaigns: {host.campaigns}",
            f"Start {host.name} with its data folder so that a sender reads the journal, or rescue the folder and "
            "run `mailflatrate journal replay DIR`. If the journal is lost for good, the results stay unknown.",
        )
    if len(hosts) > MOST_HOSTS:
        yield warning("results", f"{len(hosts) - MOST_HOSTS} more lost hosts", "Recover the hosts listed above first.")
    if not unknowns.campaigns and not unknowns.results:
        yield ok("results", "every message has a known result")
    elif hosts:
        yield ok("results", f"unknown: {unknowns.results}, in campaigns: {unknowns.campaigns}")
    else:
        yield ok(
            "results",
            f"unknown: {unknowns.results}, in campaigns: {unknowns.campaigns}; there is no missing journal that could "
            "settle them",
        )


_FIXES = {
    ChatProblem.KEY: "Check MAILFLATRATE_WRITING_KEY.",
    ChatProblem.ADDRESS: "Check MAILFLATRATE_WRITING_MODEL and MAILFLATRATE_WRITING_URL, which `/chat/completions` is "
    "added to.",
    ChatProblem.UNREACHABLE: "Check MAILFLATRATE_WRITING_URL and that this host can reach it.",
    ChatProblem.TIMEOUT: "Use a faster model, or raise MAILFLATRATE_WRITING_TIMEOUT_SECONDS.",
    ChatProblem.UNUSABLE: "Use a model that follows instructions and answers with JSON when asked to.",
}


def writing_lines(settings: Settings) -> Iterator[Line]:
    """Ask the model one question without any customer's text. Nothing is said if writing help is off."""
    if not settings.writing_url or not settings.writing_model:
        return
    place = f"{settings.writing_model} at {settings.writing_host}"
    target = ChatEndpoint(
        settings.writing_url, settings.writing_model, settings.writing_key, settings.writing_timeout_seconds
    )
    try:
        ask_model(target, sample_question())
    except ChatFailed as failed:
        fix = _FIXES.get(failed.problem, "Look at the log of that server.")
        yield warning("writing help", f"{place}: {failed}", fix)
    else:
        yield ok("writing help", f"{place} answers")
