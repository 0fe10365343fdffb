"""The inbound listeners (SMTP and LMTP) and the test inbox, in one process."""

import asyncio
import signal
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any, Generic, TypeVar

import structlog
from aiosmtpd.smtp import SMTP, Envelope, Session
from django.db import close_old_connections

from mailflatrate.apps.inbound import intake, test_inbox
from mailflatrate.apps.inbound.intake import Arrival
from mailflatrate.apps.inbound.test_inbox import MailboxBehavior
from mailflatrate.base.metrics.names import INBOUND
from mailflatrate.base.metrics.sharing import share
from mailflatrate.entrypoints.boot.lifecycle import end_within, report_life
from mailflatrate.entrypoints.boot.withdrawals import mind_withdrawals
from mailflatrate.entrypoints.smtpd.connection_limits import THIS_HOST, CountedLMTP, CountedSMTP, Visitors
from mailflatrate.entrypoints.smtpd.content import LARGEST_MESSAGE_BYTES, BoundedSMTP, ContentBudget
from mailflatrate.entrypoints.smtpd.simulated_world import SimulatedInternet
from mailflatrate.entrypoints.smtpd.submission import OPTIONS as SUBMISSION_OPTIONS
from mailflatrate.entrypoints.smtpd.submission import SubmissionHandler, submission_context
from mailflatrate.settings import Settings, load_settings

T = TypeVar("T")

BATCH = 100


class Spool(Generic[T]):
    """A spool with one writer thread; messages that arrive while it writes form the next batch."""

    def __init__(self, store: Callable[[Sequence[T]], object]) -> None:
        self._store = store
        self._waiting: asyncio.Queue[tuple[T, asyncio.Future[None]]] = asyncio.Queue()
        self._thread = ThreadPoolExecutor(max_workers=1)
        self._writer = asyncio.get_running_loop().create_task(self._write())

    async def put(self, item: T) -> None:
        """Return once `item` is on disk. Raises exceptions of the store."""
        stored: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.put_nowait((item, stored))
        await stored

    async def close(self) -> None:
        await self._waiting.join()
        self._writer.cancel()
        self._thread.shutdown()

    async def _write(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            batch = [await self._waiting.get()]
            while len(batch) < BATCH and not self._waiting.empty():
                batch.append(self._waiting.get_nowait())
            try:
                await loop.run_in_executor(self._thread, self._store_fresh, [item for item, _ in batch])
            except Exception as problem:  # noqa: BLE001  each sender is told, and tries again later
                for _, stored in batch:
                    stored.set_exception(problem)
            else:
                for _, stored in batch:
                    if not stored.cancelled():
                        stored.set_result(None)
            for _ in batch:
                self._waiting.task_done()

    def _store_fresh(self, items: Sequence[T]) -> None:
        close_old_connections()
        self._store(items)


log = structlog.get_logger("smtpd")

DOMAINS_FRESH_SECONDS = 30.0
MOST_RECIPIENTS = 50
MOST_REPEATED = 1000
TOO_MANY_RECIPIENTS = "452 4.5.3 Too many recipients"
TRY_LATER = "451 4.3.0 Could not store the message just now, please try again"


class InboundHandler:
    """A handler that takes mail for our addresses only, and replies 250 once the message is stored."""

    def __init__(self, via: str, spool: Spool[Arrival]) -> None:
        self._via = via
        self._spool = spool
        self._domains: frozenset[str] = frozenset()
        self._domains_at = float("-inf")

    async def handle_RCPT(
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """A recipient counts once, however it is spelled, but LMTP requires a reply for each mention."""
        recipients = {rcpt_to.lower() for rcpt_to in envelope.rcpt_tos}
        if address.lower() in recipients and len(envelope.rcpt_tos) < MOST_REPEATED:
            envelope.rcpt_tos.append(address)
            return "250 2.1.5 OK"
        if len(recipients) >= MOST_RECIPIENTS or len(envelope.rcpt_tos) >= MOST_REPEATED:
            return TOO_MANY_RECIPIENTS
        if time.monotonic() - self._domains_at > DOMAINS_FRESH_SECONDS:
            self._domains = await asyncio.to_thread(intake.our_domains)
            self._domains_at = time.monotonic()
        refused = intake.refusal(address, self._domains)
        if refused:
            INBOUND.labels(self._via, "refused").inc()
            return refused
        envelope.rcpt_tos.append(address)
        envelope.rcpt_options.extend(options)
        return "250 2.1.5 OK"

    async def handle_DATA(self, _server: SMTP, session: Session, envelope: Envelope) -> str:
        first, *others = arrivals_of(self._via, session, envelope)
        try:
            await self._spool.put(replace(first, also_to=tuple(other.envelope_to for other in others)))
        except Exception:
            log.exception("storing a message failed; the sender was asked to try again")
            INBOUND.labels(self._via, "deferred").inc()
            return TRY_LATER
        INBOUND.labels(self._via, "accepted").inc()
        return "250 2.0.0 Stored"


class InboxHandler:
    def __init__(self, spool: Spool[tuple[Arrival, str]], world: SimulatedInternet) -> None:
        self._spool = spool
        self._world = world

    async def handle_RCPT(
        self, server: SMTP, _session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if len(envelope.rcpt_tos) >= MOST_RECIPIENTS:
            return TOO_MANY_RECIPIENTS
        refused = await self._world.refuses(address)
        if refused is None:
            if server.transport is not None:
                server.transport.close()
            return "421 4.3.2 Going away"
        if refused:
            return refused
        envelope.rcpt_tos.append(address)
        envelope.rcpt_options.extend(options)
        return "250 2.1.5 OK"

    async def handle_DATA(self, _server: SMTP, session: Session, envelope: Envelope) -> str:
        arrivals = arrivals_of("test_inbox", session, envelope)
        behaviours = [MailboxBehavior.of(arrival.envelope_to) for arrival in arrivals]
        kept = [(arrival, name.value if name else "") for arrival, name in zip(arrivals, behaviours, strict=True)]
        try:
            await asyncio.gather(*(self._spool.put(item) for item in kept))
        except Exception:
            log.exception("the test inbox could not store a message")
            return TRY_LATER
        for arrival, behaviour in zip(arrivals, behaviours, strict=True):
            self._world.react(arrival, behaviour)
        return "250 2.0.0 Stored in the test inbox"


def arrivals_of(via: str, session: Session, envelope: Envelope) -> list[Arrival]:
    recipients: dict[str, str] = {}
    for address in envelope.rcpt_tos:
        recipients.setdefault(address.lower(), address)
    raw = envelope.content if isinstance(envelope.content, bytes) else str(envelope.content).encode()
    peer = str(session.peer[0]) if isinstance(session.peer, tuple) else str(session.peer)
    return [Arrival(via, peer, envelope.mail_from or "", rcpt, raw) for rcpt in recipients.values()]


def _stop(stop: asyncio.Event) -> None:
    if not stop.is_set():
        end_within()
    stop.set()


async def _serve(settings: Settings) -> None:
    loop = asyncio.get_running_loop()
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, _stop, stop)
    inbound: Spool[Arrival] = Spool(intake.store)
    kept: Spool[tuple[Arrival, str]] = Spool(test_inbox.keep)
    world, visitors = SimulatedInternet(settings), Visitors(f"{settings.inbound_relays},{THIS_HOST}")
    options: dict[str, Any] = {
        "budget": ContentBudget(),
        "data_size_limit": LARGEST_MESSAGE_BYTES,
        "enable_SMTPUTF8": True,
        "hostname": settings.helo_name,
        "ident": "mailflatrate",
    }
    listeners: list[tuple[int, Callable[[], asyncio.Protocol]]] = [
        (settings.inbound_smtp_port, lambda: CountedSMTP(InboundHandler("smtp", inbound), visitors, **options)),
        (settings.inbound_lmtp_port, lambda: CountedLMTP(InboundHandler("lmtp", inbound), visitors, **options)),
        (settings.test_inbox_port, lambda: BoundedSMTP(InboxHandler(kept, world), **options)),
    ]
    servers = [await loop.create_server(factory, settings.smtpd_host, port) for port, factory in listeners if port]
    if (context := submission_context(settings)) is not None:
        limits = Visitors("")
        servers.append(
            await loop.create_server(
                lambda: CountedSMTP(SubmissionHandler(), limits, **{**options, **SUBMISSION_OPTIONS}),
                settings.smtpd_host,
                settings.submission_port,
                ssl=context,
            )
        )
        log.info("submission_listening", port=settings.submission_port)
    log.info("listening", ports=[port for port, _ in listeners if port])
    life = asyncio.create_task(report_life(lambda: False))
    await stop.wait()
    life.cancel()
    for server in servers:
        server.close()
    await inbound.close()
    await kept.close()


def run_listeners() -> None:
    """Listen until SIGTERM; store messages in progress first."""
    settings = load_settings()
    share(settings.data_dir, "inbound")
    mind_withdrawals()
    asyncio.run(_serve(settings))
