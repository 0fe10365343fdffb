"""The service's signing keys; retired ones are kept, so that old signatures can be verified forever."""

from functools import lru_cache

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.db import connection

from mailflatrate.apps.consent.models import SigningKey
from mailflatrate.base import audit, clock, tenancy
from mailflatrate.base.ids import vault
from mailflatrate.base.tenancy import PlatformReason
from mailflatrate.rules.proof.record import moment_text
from mailflatrate.rules.proof.signature import KEYS_FORM, PublishedKey
from mailflatrate.settings.schema import load_settings

KEYS_PATH = "/.well-known/mailflatrate-signing-keys.json"
_LOCK = 7_161_994_002


def ensure_signing_key() -> None:
    """Safe to repeat, on any number of hosts."""
    with tenancy.platform(PlatformReason.HOUSEKEEPING):
        _lock()
        if not SigningKey.objects.filter(retired_at=None).exists():
            _make_key()


def rotate_signing_key() -> PublishedKey:
    """Signatures of the old key stay valid."""
    with tenancy.platform(PlatformReason.OPERATOR_DESK):
        _lock()
        SigningKey.objects.filter(retired_at=None).update(retired_at=clock.now())
        key = _published(_make_key())
        audit.record("signing_key.rotated", by=audit.machine("cli.rotate_key"), subject=f"signing_key:{key.id}")
        return key


def key_in_use() -> SigningKey | None:
    """None before the first one was created. Any role may call this."""
    return SigningKey.objects.filter(retired_at=None).first()


def private_key(key: SigningKey) -> Ed25519PrivateKey:
    return _opened(bytes(key.public_key), key.private_sealed)


def published_keys() -> list[PublishedKey]:
    """Every one ever used, oldest first."""
    return [_published(key) for key in SigningKey.objects.order_by("created_at", "id")]


def key_history() -> dict[str, object]:
    settings = load_settings()
    return {
        "format": KEYS_FORM,
        "service": {"name": settings.service_name, "domain": settings.service_domain},
        "keys": [key.as_json() for key in published_keys()],
    }


@lru_cache(maxsize=4)
def _opened(public_key: bytes, private_sealed: str) -> Ed25519PrivateKey:
    return Ed25519PrivateKey.from_private_bytes(vault().open(private_sealed, _place(public_key)))


def _make_key() -> SigningKey:
    private = Ed25519PrivateKey.generate()
    public = private.public_key().public_bytes_raw()
    sealed = vault().seal(private.private_bytes_raw(), _place(public))
    return SigningKey.objects.create(public_key=public, private_sealed=sealed, created_at=clock.now())


def _place(public_key: bytes) -> str:
    return f"signing_key {public_key.hex()}"


def _published(key: SigningKey) -> PublishedKey:
    retired = moment_text(key.retired_at) if key.retired_at else None
    return PublishedKey(bytes(key.public_key), moment_text(key.created_at), retired)


def _lock() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])
