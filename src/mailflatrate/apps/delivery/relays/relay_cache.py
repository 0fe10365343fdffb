"""A sender process's copy of the relays, reread every few seconds."""

from dataclasses import dataclass

from mailflatrate.apps.accounts.models import Account, AccountStatus
from mailflatrate.apps.delivery.relays.tables import Relay
from mailflatrate.base import clock, tenancy
from mailflatrate.base.ids import key_ring
from mailflatrate.base.tenancy import PlatformReason
from mailflatrate.mail.identifiers.tokens import TokenPurpose
from mailflatrate.mail.signing.vault import VaultError
from mailflatrate.rules.sending.relays import (
    TAGGED,
    RelayKind,
    RelayPool,
    RelayState,
    ReturnPath,
    SendingAccount,
    Stream,
    choose_pool,
    tag_header,
)
from mailflatrate.settings.schema import Settings
from mailflatrate.wire.smtp.types import RelayConfig, Timeouts, TlsMode

SETTINGS_RELAY = 0
TEST_INBOX = "test inbox"
MOST_TAGGED_RELAY = 2**16 - 1
"""A token has no room for a higher number."""


@dataclass(frozen=True, slots=True)
class RelaySpec:
    """`number`: row's ID, or SETTINGS_RELAY. `is_usable`: this host's keys can decrypt its login."""

    number: int
    name: str
    config: RelayConfig
    connections: int
    weight: int = 1
    per_hour: int | None = None
    state: RelayState = RelayState.ACTIVE
    pool: RelayPool = RelayPool.TRUSTED
    account_id: int | None = None
    kind: RelayKind = RelayKind.OTHER
    return_path: ReturnPath = ReturnPath.OWN
    is_usable: bool = True

    def tag(self, envelope_from: str) -> bytes:
        """The header line by which the provider's events name message and relay; empty if it has none."""
        claims = key_ring().open_token(TokenPurpose.VERP, envelope_from.partition("@")[0].partition("+")[2])
        if self.kind not in TAGGED or claims is None or self.number > MOST_TAGGED_RELAY:
            return b""
        token = key_ring().seal(TokenPurpose.RELAY_EVENT, claims.account_id, claims.delivery_id, self.number)
        return tag_header(self.kind, token)


@dataclass(frozen=True, slots=True)
class PoolKey:
    pool: RelayPool
    account_id: int | None = None

    def __str__(self) -> str:
        return self.pool.value if self.account_id is None else f"{self.pool.value}:{self.account_id}"


@dataclass(frozen=True, slots=True)
class RelayBook:
    relays: tuple[RelaySpec, ...]
    own: RelaySpec

    @property
    def is_empty(self) -> bool:
        return not self.relays

    def members(self, key: PoolKey) -> tuple[RelaySpec, ...]:
        """In any state; without rows, the trusted pool has the relay from the settings."""
        matches = tuple(relay for relay in self.relays if relay.pool is key.pool and relay.account_id == key.account_id)
        return matches or ((self.own,) if key.pool is RelayPool.TRUSTED else ())

    def pool_for(self, stream: Stream, account_id: int) -> PoolKey:
        """Queries the database if the table has rows."""
        if self.is_empty:
            return PoolKey(RelayPool.TRUSTED)
        account = _sending_account(account_id, any(relay.account_id == account_id for relay in self.relays))
        set_up = frozenset(relay.pool for relay in self.relays if relay.account_id in (None, account_id))
        pool = choose_pool(stream, account, set_up, clock.now())
        return PoolKey(pool, account_id if pool is RelayPool.DEDICATED else None)


def read_book(settings: Settings) -> RelayBook:
    with tenancy.platform(PlatformReason.RELAYS):
        rows = list(Relay.objects.order_by("id"))
    specs = []
    for row in rows:
        try:
            specs.append(spec_of(row, settings))
        except VaultError:  # the other relays of its pool continue
            specs.append(spec_of(row, settings, usable=False))
    return RelayBook(tuple(specs), settings_relay(settings))


def spec_of(relay: Relay, settings: Settings, *, usable: bool = True) -> RelaySpec:
    """Not `usable`: without login, disabled. Raises VaultError."""
    login = relay.open() if usable else None
    config = RelayConfig(
        relay.host,
        relay.port,
        settings.helo_name,
        TlsMode(relay.tls),
        username=login[0] if login else None,
        password=login[1] if login else None,
        timeouts=_timeouts(settings),
    )
    return RelaySpec(
        relay.id, relay.name, config, relay.connections, relay.weight, relay.per_hour,
        RelayState(relay.state) if usable else RelayState.DISABLED, RelayPool(relay.pool), relay.account_id,
        RelayKind(relay.kind), ReturnPath(relay.return_path), usable,
    )  # fmt: skip


def settings_relay(settings: Settings) -> RelaySpec:
    if settings.relay_host is None:
        config = RelayConfig(
            "127.0.0.1", settings.test_inbox_port, settings.helo_name, TlsMode.NEVER, timeouts=_timeouts(settings)
        )
    else:
        config = RelayConfig(
            settings.relay_host,
            settings.relay_port,
            settings.helo_name,
            settings.relay_tls,
            username=settings.relay_user,
            password=settings.relay_password,
            timeouts=_timeouts(settings),
        )
    return RelaySpec(SETTINGS_RELAY, settings.relay_host or TEST_INBOX, config, settings.sender_connections)


def _timeouts(settings: Settings) -> Timeouts:
    return Timeouts(data_end_seconds=settings.relay_reply_seconds)


def _sending_account(account_id: int, has_dedicated: bool) -> SendingAccount:
    with tenancy.account(account_id):
        account = Account.objects.get(id=account_id)
    throttled = account.status == AccountStatus.THROTTLED
    return SendingAccount(throttled, account.activated_at, has_dedicated, account.is_house)
