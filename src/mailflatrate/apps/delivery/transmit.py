"""The only way to the relay, with a permit (R-25): locks one and three of ARCHITECTURE section 2."""

import asyncio
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from time import perf_counter
from typing import Final, NamedTuple

from mailflatrate.apps.delivery.relays.relay_cache import RelaySpec
from mailflatrate.apps.gate.permits import Permit
from mailflatrate.base.metrics.names import RELAY_FAILURES, RELAY_SECONDS, begin_relay
from mailflatrate.mail.message.compose import ReadyMessage
from mailflatrate.rules.sending.relays import TAGGED, RelayState, shares
from mailflatrate.settings.schema import Settings
from mailflatrate.wire.smtp.channel import ConnectionLostError
from mailflatrate.wire.smtp.client import SmtpConnection
from mailflatrate.wire.smtp.group import RelayGroup
from mailflatrate.wire.smtp.member import GroupMember, MemberReport
from mailflatrate.wire.smtp.open import open_connection
from mailflatrate.wire.smtp.types import OutcomeKind, OutgoingMessage, RelayConfig, RelayUnavailable, SendOutcome, Stage

_NOT_SAMPLED: Final = 15
"""Bits of a delivery's id, all zero in a sample: measuring every message would cost a percent of it."""


class RelayTimes:
    def __init__(self, relay: str, on_start: Callable[[int], None], on_outcome: Callable[[SendOutcome], None]) -> None:
        self._histogram = RELAY_SECONDS.labels(relay)
        self._on_start, self._on_outcome = on_start, on_outcome
        self._began: dict[int, float] = {}

    def started(self, delivery_id: int) -> None:
        if not delivery_id & _NOT_SAMPLED:
            self._began[delivery_id] = perf_counter()
        self._on_start(delivery_id)

    def ended(self, outcome: SendOutcome) -> None:
        if not outcome.delivery_id & _NOT_SAMPLED:
            began = self._began.pop(outcome.delivery_id, None)
            if began is not None and outcome.kind is not OutcomeKind.NOT_SENT:
                self._histogram.observe(perf_counter() - began)
        self._on_outcome(outcome)


FIRST_PAUSE_SECONDS = 1.0
CHECK_SECONDS = 10.0


class PermittedMessage(NamedTuple):
    permit: Permit
    message: ReadyMessage


class RelayCheck(NamedTuple):
    tls: bool
    pipelining: bool
    dsn: bool
    smtputf8: bool


async def try_relay(config: RelayConfig, sender: str | None) -> RelayCheck:
    """No message: up to RSET, within CHECK_SECONDS. Raises RelayUnavailable with the stage that failed."""
    try:
        async with asyncio.timeout(CHECK_SECONDS):
            return await _check(config, sender)
    except TimeoutError as problem:
        raise RelayUnavailable(Stage.CONNECT, f"no answer within {CHECK_SECONDS:.0f} seconds") from problem


def check_relay(config: RelayConfig, sender: str | None = None) -> RelayCheck:
    """Without an event loop: `asyncio.run` would wait for a name lookup that hangs, which can't be canceled."""
    loop = asyncio.new_event_loop()
    try:
        return loop.run_until_complete(try_relay(config, sender))
    finally:
        loop.run_until_complete(_wind_down())
        loop.close()


async def _wind_down() -> None:
    rest = asyncio.all_tasks() - {asyncio.current_task()}
    for task in rest:
        task.cancel()
    await asyncio.gather(*rest, return_exceptions=True)
    await asyncio.sleep(0)


async def _check(config: RelayConfig, sender: str | None) -> RelayCheck:
    connection = await open_connection(config)
    offers = connection.offers
    check = RelayCheck(connection.tls, offers.pipelining, offers.dsn, offers.smtputf8)
    try:
        if sender is not None:
            await _name_sender(connection, sender)
    finally:
        connection.close()
        await _closed(connection)
    return check


async def _closed(connection: SmtpConnection) -> None:
    """Wait for the reply to QUIT: the loop ends afterward, and would leave the socket open."""
    try:
        await connection.wait_closed()
    except asyncio.CancelledError:
        connection.abort("the time is up")
        raise


async def _name_sender(connection: SmtpConnection, sender: str) -> None:
    try:
        reply = await connection.command(f"MAIL FROM:<{sender}>\r\n".encode("ascii"), Stage.MAIL)
        if reply.code != 250:
            raise RelayUnavailable(Stage.MAIL, reply.text, code=reply.code, enhanced=reply.enhanced)
        await connection.command(b"RSET\r\n", Stage.RSET)
    except ConnectionLostError as problem:
        raise RelayUnavailable(Stage.MAIL, str(problem)) from problem


class Transmitter:
    def __init__(self, settings: Settings, relays: Sequence[RelaySpec], most_connections: int | None = None) -> None:
        self._settings = settings
        self._most_connections = most_connections
        self.relay = ""
        self._relays: tuple[RelaySpec, ...] = ()
        self._group = RelayGroup(
            first_pause_seconds=FIRST_PAUSE_SECONDS, longest_pause_seconds=settings.relay_pause_max_seconds
        )
        self.set_relays(relays)

    def set_relays(self, relays: Sequence[RelaySpec]) -> bool:
        """Drained and disabled ones take no further mail. Return True if anything changed."""
        if tuple(relays) == self._relays:
            return False
        self._relays = tuple(relays)
        self.relay = relays[0].name if len(relays) == 1 else f"pool {relays[0].pool.value}" if relays else "none"
        begin_relay(self.relay)
        self._group.set_members([self._member(spec) for spec in relays])
        return True

    def _member(self, spec: RelaySpec) -> GroupMember:
        return GroupMember(
            spec.number,
            spec.config,
            min(spec.connections, self._most_connections or spec.connections),
            self._settings.sender_messages_per_connection,
            spec.weight,
            takes=spec.state is RelayState.ACTIVE,
            is_cut=spec.state is RelayState.DISABLED,
            tag=spec.tag if spec.kind in TAGGED else None,
        )

    def reports(self) -> dict[int, tuple[MemberReport, int]]:
        return self._group.reports()

    async def transmit(
        self,
        messages: Iterator[PermittedMessage],
        on_outcome: Callable[[SendOutcome], None],
        on_start: Callable[[int], None],
        may_start: Callable[[int], bool | None],
        *,
        most: int = 0,
        caps: dict[int, int] | None = None,
    ) -> asyncio.Future[None] | None:
        """Send messages as connections become ready; return the future of those that a silent relay has, whose
        connections end if it is canceled. `may_start` is asked right before a content: False makes it wait until
        `proceed`, None takes it back. `caps` by relay are counted down. Raises RelayUnavailable without a
        connection: what was not sent is reported as NOT_SENT or still in the iterator. Raises TypeError for a
        message without a permit.
        """
        deal = partial(shares, most) if most else None
        times = RelayTimes(self.relay, on_start, on_outcome)
        try:
            return await self._group.send_many(
                _messages(messages), times.ended, times.started, may_start, shares=deal, caps=caps
            )
        except RelayUnavailable:
            RELAY_FAILURES.labels(self.relay).inc()
            raise

    def proceed(self) -> None:
        """Retry contents that wait for permission."""
        self._group.proceed()

    def stop(self) -> None:
        """Messages under way finish."""
        self._group.stop()

    async def close(self) -> None:
        """Messages under way finish."""
        await self._group.close()


def _messages(messages: Iterator[PermittedMessage]) -> Iterator[OutgoingMessage]:
    for permit, message in messages:
        if type(permit) is not Permit:
            raise TypeError("nothing is sent without a permit")
        yield OutgoingMessage(
            permit.delivery_id,
            message.envelope_from,
            message.envelope_to,
            message.content,
            message.message_id[1:-1],
            message.smtputf8,
        )
