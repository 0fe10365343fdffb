"""API keys: create, revoke and admit them, and replay an earlier response."""

import hashlib
import secrets
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from ipaddress import ip_network

from django.db import connection
from django.utils.translation import gettext as _

from mailflatrate.apps.accounts.errors import AccountError
from mailflatrate.apps.accounts.models import Account, ApiAnswer, ApiKey, KeyScope, User
from mailflatrate.apps.accounts.models.keys import KEY_MARK
from mailflatrate.apps.accounts.rights import member_may
from mailflatrate.base import audit, clock, tenancy
from mailflatrate.base.tenancy import PlatformReason
from mailflatrate.rules.roles import Permission, roles_with

_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"  # Crockford's base32 in lower case
_PREFIX_LENGTH, _SECRET_LENGTH = 8, 40
LONGEST_KEY = 100
MOST_KEYS = 50
REQUESTS_A_MINUTE = 600
ANSWERS_KEPT = timedelta(hours=24)
MOST_NETWORKS = 20
MOST_DAILY_ASKS = 20_000
DAILY_ASKS = 200


@dataclass(frozen=True, slots=True)
class MadeKey:
    key: ApiKey
    secret: str


@dataclass(frozen=True, slots=True)
class KeyUse:
    """One use of a valid key. `used` counts uses within the current minute, which ends at `window_ends`."""

    key: ApiKey
    account: Account
    used: int
    most: int
    window_ends: datetime


def _letters(count: int) -> str:
    return "".join(secrets.choice(_ALPHABET) for _notice in range(count))


def hash_of(secret: str) -> bytes:
    """Return the hash under which a secret is stored. A fast hash suffices, because secrets have 200 random bits."""
    return hashlib.sha256(secret.encode()).digest()


@dataclass(frozen=True, slots=True)
class AskingBounds:
    """The forms for which a key with `ask` may request confirmation, and from how many people a day (UTC)."""

    form_ids: frozenset[int] = frozenset()
    daily: int = DAILY_ASKS


def make_api_key(
    account_id: int,
    name: str,
    scopes: Collection[KeyScope],
    *,
    expires_at: datetime | None,
    by: User,
    asking: AskingBounds | None = None,
    networks: Sequence[str] = (),
) -> MadeKey:
    """`asking` only with the scope `ask`; `networks`: addresses or CIDR ranges. Raises AccountError."""
    name, now = " ".join(name.split())[:80], clock.now()
    _check_key(name, scopes, expires_at, now)
    bounds = _checked_bounds(asking) if KeyScope.ASK in scopes else None
    ranges = parse_networks(networks)
    with tenancy.account(account_id):
        Account.objects.select_for_update().get(id=account_id)
        if not member_may(by, Permission.KEYS):
            raise AccountError(_("Only owners and admins can create API keys."))
        if ApiKey.objects.filter(revoked_at=None).count() >= MOST_KEYS:
            words = _("An account can have up to %(most)d keys. Revoke one that's no longer used.")
            raise AccountError(words % {"most": MOST_KEYS})
        prefix = _letters(_PREFIX_LENGTH)
        secret = f"{KEY_MARK}_{prefix}_{_letters(_SECRET_LENGTH)}"
        with tenancy.access():
            key = ApiKey.objects.create(
                name=name, prefix=prefix, secret_hash=hash_of(secret), created_by=by,
                scopes=[scope.value for scope in KeyScope if scope in scopes], created_at=now, expires_at=expires_at,
                form_ids=sorted(bounds.form_ids) if bounds else None, daily_asks=bounds.daily if bounds else None,
                networks=ranges,
            )  # fmt: skip
        audit.record(
            "api_key.made", by=audit.person(by), account_id=account_id, subject=f"api_key:{key.id}",
            details={
                "name": name, "prefix": prefix, "scopes": key.scopes, "form_ids": key.form_ids,
                "daily_asks": key.daily_asks, "networks": key.networks,
                "expires_at": expires_at.isoformat() if expires_at else None,
            },
        )  # fmt: skip
        return MadeKey(key, secret)


def _check_key(name: str, scopes: Collection[KeyScope], expires_at: datetime | None, now: datetime) -> None:
    if not name:
        raise AccountError(_("Name the key so you'll know later what uses it."))
    if not scopes:
        raise AccountError(_("Choose at least one permission for the key."))
    if expires_at is not None and expires_at <= now:
        raise AccountError(_("Choose a date in the future."))


def _checked_bounds(asking: AskingBounds | None) -> AskingBounds:
    if asking is None or not asking.form_ids:
        raise AccountError(_("Choose the forms this key may send confirmation requests for."))
    if not 1 <= asking.daily <= MOST_DAILY_ASKS:
        raise AccountError(
            _("A key can send between 1 and %(most)d confirmation requests a day.") % {"most": MOST_DAILY_ASKS}
        )
    return asking


def parse_networks(written: Sequence[str]) -> list[str]:
    """Return addresses and CIDR ranges in canonical form without duplicates. Raises AccountError."""
    networks: dict[str, None] = {}
    for text in written:
        try:
            network = ip_network(text.strip(), strict=False)
        except ValueError as error:
            words = _("“%(text)s” isn't an IP address or range. Use 203.0.113.7, 203.0.113.0/24 or 2001:db8::/48.")
            raise AccountError(words % {"text": text.strip()[:60]}) from error
        if network.version == 6 and network.network_address.ipv4_mapped is not None:
            raise AccountError(_("Write IPv4 addresses as IPv4, without “::ffff:”."))
        networks[str(network)] = None
    if len(networks) > MOST_NETWORKS:
        raise AccountError(_("A key can have up to %(most)d IP ranges.") % {"most": MOST_NETWORKS})
    return list(networks)


def revoke_api_key(account_id: int, key_id: int, *, by: User) -> ApiKey:
    """Revoke a key immediately and permanently. Idempotent. Raises AccountError for an unknown key."""
    with tenancy.account(account_id):
        key = ApiKey.objects.select_for_update().filter(id=key_id).first()
        if key is None:
            raise AccountError(_("This key doesn't exist."))
        if key.revoked_at is not None:
            audit.nothing_changed()
        else:
            key.revoked_at, key.revoked_by = clock.now(), by
            with tenancy.access():
                key.save(update_fields=["revoked_at", "revoked_by"])
            audit.record(
                "api_key.revoked",
                by=audit.person(by),
                account_id=account_id,
                subject=f"api_key:{key.id}",
                details={"name": key.name, "prefix": key.prefix},
            )
        return key


# Counting and looking up in one statement: whatever a program does, its requests are counted one after another.
# A request from outside the key's networks is not counted, so that a stolen key cannot use up its owner's rate.
_USE = """
WITH found AS (
    SELECT id, cardinality(networks) = 0 OR EXISTS (
        SELECT 1 FROM unnest(networks) AS n WHERE %(ip)s::inet <<= n::cidr) AS inside
    FROM api_key
    WHERE secret_hash = %(hash)s AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > %(now)s)
        AND EXISTS (SELECT 1 FROM membership m JOIN user_account u ON u.id = m.user_id AND u.is_active
            WHERE m.account_id = api_key.account_id AND m.user_id = api_key.created_by_id AND m.role = ANY(%(roles)s)
                AND m.list_ids IS NULL)
), counted AS (
    UPDATE api_key SET last_used_at = %(now)s, window_at = %(window)s,
        window_count = CASE WHEN window_at = %(window)s THEN window_count + 1 ELSE 1 END
    WHERE id = (SELECT id FROM found WHERE inside)
)
SELECT id, inside FROM found
"""


class KeyOutsideNetworks(AccountError):
    """Raised when a key is used from an address outside its IP ranges."""


def use_api_key(secret: str, ip: str | None = None) -> KeyUse | None:
    """Count a request. The caller checks its right, and `used` against `most`. Raises KeyOutsideNetworks."""
    if not secret.startswith(f"{KEY_MARK}_") or len(secret) > LONGEST_KEY:
        return None
    now = clock.now()
    window = now.replace(second=0, microsecond=0)
    with tenancy.platform(PlatformReason.API_KEY):
        with connection.cursor() as cursor:
            roles = list(roles_with(Permission.KEYS))
            cursor.execute(_USE, {"now": now, "window": window, "hash": hash_of(secret), "roles": roles, "ip": ip})
            row = cursor.fetchone()
        if row is None:
            return None
        if not row[1]:
            raise KeyOutsideNetworks(_("This key doesn't work from %(ip)s.") % {"ip": ip or "?"})
        key = ApiKey.objects.select_related("account", "created_by").get(id=row[0])
    return KeyUse(key, key.account, key.window_count, REQUESTS_A_MINUTE, window + timedelta(minutes=1))


def is_known_key(secret: str) -> bool:
    if not secret.startswith(f"{KEY_MARK}_") or len(secret) > LONGEST_KEY:
        return False
    with tenancy.platform(PlatformReason.API_KEY):
        return ApiKey.objects.filter(secret_hash=hash_of(secret), revoked_at=None).exists()


@dataclass(frozen=True, slots=True)
class BegunAnswer:
    key_id: int
    idempotency_key: str


class RepeatedDifferently(AccountError):
    """Raised when an idempotency key is reused with a different request."""


@tenancy.needs_account
def begin_answer(key_id: int, idempotency_key: str, fingerprint: bytes) -> ApiAnswer | BegunAnswer:
    """The stored response, or a record for `keep_answer`. Concurrent duplicates wait. Raises RepeatedDifferently."""
    account_id, now = tenancy.current_account_id(), clock.now()
    # Anything older than a day counts as never requested, even if the nightly job has not run.
    ApiAnswer.objects.filter(key_id=key_id, idempotency_key=idempotency_key, created_at__lt=now - ANSWERS_KEPT).delete()
    with connection.cursor() as cursor:
        cursor.execute(
            """INSERT INTO api_answer (account_id, key_id, idempotency_key, fingerprint, created_at)
               VALUES (%s, %s, %s, %s, %s) ON CONFLICT DO NOTHING RETURNING id""",
            [account_id, key_id, idempotency_key, fingerprint, now],
        )
        if cursor.fetchone() is not None:
            return BegunAnswer(key_id, idempotency_key)
    kept = ApiAnswer.objects.get(key_id=key_id, idempotency_key=idempotency_key)
    if bytes(kept.fingerprint) != fingerprint:
        raise RepeatedDifferently(_("This Idempotency-Key was used for a different request within the last 24 hours."))
    return kept


def keep_answer(begun: BegunAnswer, *, status: int, body: str) -> None:
    rows = ApiAnswer.objects.filter(key_id=begun.key_id, idempotency_key=begun.idempotency_key)
    rows.update(status=status, body=body)


def forget_answers() -> int:
    with tenancy.platform(PlatformReason.HOUSEKEEPING):
        deleted, _rows = ApiAnswer.objects.filter(created_at__lt=clock.now() - ANSWERS_KEPT).delete()
        return deleted
