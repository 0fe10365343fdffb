"""The only door to the relay. What passes is a letter with its permit; nothing else holds the SMTP client (R-25).

Lock one and three of ARCHITECTURE section 2: the argument's type, and the import.
"""

from collections.abc import Callable, Iterator
from typing import NamedTuple

from mailflatrate.apps.delivery.timed import RelayTimes
from mailflatrate.apps.gate.permits import Permit
from mailflatrate.base.metrics.names import RELAY_FAILURES, begin_relay
from mailflatrate.mail.compose import Letter
from mailflatrate.settings.schema import Settings
from mailflatrate.wire.smtp_open import open_connection
from mailflatrate.wire.smtp_pool import SmtpPool
from mailflatrate.wire.smtp_types import OutgoingMessage, RelayConfig, RelayUnavailable, SendOutcome, TlsMode

FIRST_PAUSE_SECONDS = 1.0
TEST_INBOX = "test inbox"
"""What figures call the relay where none is set."""


class Permitted(NamedTuple):
    """A letter and the right to send it."""

    permit: Permit
    letter: Letter


class RelayLook(NamedTuple):
    """How the relay received us: encrypted or not, and what it offers beyond."""

    tls: bool
    pipelining: bool
    dsn: bool
    smtputf8: bool


async def look_at_relay(settings: Settings) -> RelayLook:
    """Open a connection as for sending (EHLO, STARTTLS, AUTH) and close it again; no letter.

    Raises RelayUnavailable with the stage that failed.
    """
    connection = await open_connection(relay_config(settings))
    offers = connection.offers
    look = RelayLook(connection.tls, offers.pipelining, offers.dsn, offers.smtputf8)
    connection.close()
    await connection.wait_closed()
    return look


class Transmitter:
    """The connections of this process to the relay."""

    def __init__(self, settings: Settings, connections: int) -> None:
        self.relay = settings.relay_host or TEST_INBOX
        begin_relay(self.relay)
        self._pool = SmtpPool(
            relay_config(settings),
            connections,
            settings.sender_messages_per_connection,
            first_pause_seconds=FIRST_PAUSE_SECONDS,
            longest_pause_seconds=settings.relay_pause_max_seconds,
        )

    async def transmit(
        self,
        letters: Iterator[Permitted],
        on_outcome: Callable[[SendOutcome], None],
        on_start: Callable[[int], None],
    ) -> None:
        """Send what the iterator yields, one by one as connections become ready. An outcome's `letter_id` is the
        delivery's id; `on_start` is called right before a content is written.

        Raises RelayUnavailable when no connection can be had; what was not sent is reported as NOT_SENT or still in the
        iterator. Raises TypeError for a letter without a permit.
        """
        times = RelayTimes(self.relay, on_start, on_outcome)
        try:
            await self._pool.send_many(_messages(letters), times.ended, times.started)
        except RelayUnavailable:
            RELAY_FAILURES.labels(self.relay).inc()
            raise

    def stop(self) -> None:
        """Take no more letters; those under way finish."""
        self._pool.stop()

    async def close(self) -> None:
        """Finish the letters under way and say goodbye to the relay."""
        await self._pool.close()


def _messages(letters: Iterator[Permitted]) -> Iterator[OutgoingMessage]:
    for permit, letter in letters:
        if type(permit) is not Permit:
            raise TypeError("nothing leaves without a permit")
        yield OutgoingMessage(
            permit.delivery_id,
            letter.envelope_from,
            letter.envelope_to,
            letter.content,
            letter.message_id[1:-1],
            letter.smtputf8,
        )


def relay_config(settings: Settings) -> RelayConfig:
    """The relay of this installation: the one that is set, otherwise the postbox on this host."""
    if settings.relay_host is None:
        return RelayConfig("127.0.0.1", settings.postbox_port, settings.helo_name, TlsMode.NEVER)
    return RelayConfig(
        settings.relay_host,
        settings.relay_port,
        settings.helo_name,
        TlsMode(settings.relay_tls.value),
        username=settings.relay_user,
        password=settings.relay_password,
    )
