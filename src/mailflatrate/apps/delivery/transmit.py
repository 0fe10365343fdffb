"""The only way to the relay: only a message with its permit passes, and nothing else holds the SMTP client (R-25).

These are locks one and three of ARCHITECTURE section 2: the type of the argument, and the import.
"""

import asyncio
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import NamedTuple

from mailflatrate.apps.delivery.relays.relay_cache import RelaySpec
from mailflatrate.apps.delivery.response_times import RelayTimes
from mailflatrate.apps.gate.permits import Permit
from mailflatrate.base.metrics.names import RELAY_FAILURES, begin_relay
from mailflatrate.mail.message.compose import ReadyMessage
from mailflatrate.rules.sending.relays import TAGGED, RelayState, shares
from mailflatrate.settings.schema import Settings
from mailflatrate.wire.smtp_channel import ConnectionLostError
from mailflatrate.wire.smtp_client import SmtpConnection
from mailflatrate.wire.smtp_group import RelayGroup
from mailflatrate.wire.smtp_member import GroupMember, MemberReport
from mailflatrate.wire.smtp_open import open_connection
from mailflatrate.wire.smtp_types import OutgoingMessage, RelayConfig, RelayUnavailable, SendOutcome, Stage

FIRST_PAUSE_SECONDS = 1.0
CHECK_SECONDS = 10.0


class PermittedMessage(NamedTuple):
    """A message and the right to send it."""

    permit: Permit
    message: ReadyMessage


class RelayCheck(NamedTuple):
    """The relay's response to a connection: whether it is encrypted, and the extensions the relay offers."""

    tls: bool
    pipelining: bool
    dsn: bool
    smtputf8: bool


async def try_relay(config: RelayConfig, sender: str | None) -> RelayCheck:
    """Open a connection as for sending (EHLO, STARTTLS, AUTH) and close it again, within CHECK_SECONDS; no message.

    A given `sender` is named as envelope sender (MAIL FROM, then RSET). Raises RelayUnavailable with the stage
    that failed.
    """
    try:
        async with asyncio.timeout(CHECK_SECONDS):
            return await _check(config, sender)
    except TimeoutError as problem:
        raise RelayUnavailable(Stage.CONNECT, f"no answer within {CHECK_SECONDS:.0f} seconds") from problem


def check_relay(config: RelayConfig, sender: str | None = None) -> RelayCheck:
    """Run `try_relay` from a thread without an event loop, within the same time limit.

    `asyncio.run` would wait for a name lookup that hangs, because its thread cannot be canceled.
    """
    loop = asyncio.new_event_loop()
    try:
        return loop.run_until_complete(try_relay(config, sender))
    finally:
        loop.run_until_complete(_wind_down())
        loop.close()


async def _wind_down() -> None:
    """Cancel the loop's remaining tasks, and let closed connections finish."""
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
    """Wait for the reply to QUIT, also after a refusal: the loop ends afterward, and would leave the socket open."""
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
    """The connections of this process to the relays of one pool.

    `relay` is the name of that relay or pool in metrics.
    """

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
        """Use these relays from now on; drained and disabled ones take no further mail.

        Return True if anything changed.
        """
        if tuple(relays) == self._relays:
            return False
        self._relays = tuple(relays)
        self.relay = relays[0].name if len(relays) == 1 else f"pool {relays[0].pool.value}" if relays else "none"
        begin_relay(self.relay)
        self._group.set_members([self._member(one) for one in relays])
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
        """Return each relay's report and its number of open connections."""
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
        """Send the messages that the iterator yields, one by one as connections become ready. Return the future of
        those that a silent relay has while another one is free; canceling it ends their connections.

        `on_outcome` gets each result with the delivery's id. `may_start` is asked right before a content is written:
        False makes the content wait until `proceed`, None takes the message back. `on_start` is called when the content
        begins. At most `most` messages are distributed to the relays by weight; `caps` are counted down by relay, and
        no relay takes more than its cap. Raises RelayUnavailable when there is no connection; what was not sent is
        reported as NOT_SENT or still in the iterator. Raises TypeError for a message without a permit.
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
        """Stop accepting messages; those under way finish."""
        self._group.stop()

    async def close(self) -> None:
        """Finish the messages under way and end the connections to the relays."""
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
