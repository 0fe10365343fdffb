"""DKIM signatures (RFC 6376): RSA-2048, SHA-256, relaxed/relaxed, `t=` set, `x=` at most 48 hours later for bulk, never
`l=` (R-59). What is the same in every message is canonicalized and hashed once per edition. `SigningPlan.prepare` gives
a digest and `field` the header field, so that the digests of several messages can be signed at once.
"""

import base64
import binascii
import hashlib
import re
from collections.abc import Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Final, NamedTuple

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from mailflatrate.mail.headers import Field, canonical
from mailflatrate.mail.signing.rsa_key import RsaKey

if TYPE_CHECKING:
    from hashlib import _Hash

MAX_BULK_LIFETIME: Final = timedelta(hours=48)
KEY_BITS: Final = 2048

# Signed once more than they occur, so that a second one breaks the signature (RFC 6376 section 8.15; R-59).
# Cc and Sender never occur in our mail: naming them keeps a replayed message from gaining one. The list fields are
# closed in service messages too, which have none.
OVERSIGNED: Final = (
    b"from", b"to", b"subject", b"date", b"message-id", b"reply-to", b"content-type", b"cc", b"sender",
    b"mime-version", b"content-transfer-encoding", b"list-unsubscribe", b"list-unsubscribe-post", b"list-id",
    b"feedback-id", b"cfbl-address", b"cfbl-feedback-id",
)  # fmt: skip

_DOMAIN: Final = re.compile(r"(?=.{1,253}\Z)[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)+")
_SELECTOR: Final = re.compile(r"[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)*")
_SLICE: Final = 72


class SigningKeyError(ValueError):
    """The key, selector or domain cannot sign. The error text never quotes key material."""


class PendingSignature(NamedTuple):
    head: bytes
    key: RsaKey
    digest: bytes

    def field(self, signature: bytes) -> bytes:
        text = binascii.b2a_base64(signature, newline=False)
        return (
            self.head + b"\r\n ".join([text[start : start + _SLICE] for start in range(0, len(text), _SLICE)]) + b"\r\n"
        )


class Signer:
    """One domain's key under one selector. Frozen; safe to share between threads."""

    __slots__ = ("domain", "key", "selector")

    def __init__(self, domain: str, selector: str, private_key_pem: bytes) -> None:
        """`domain`, `selector`: lower-case A-labels. Raises `SigningKeyError`."""
        if not _DOMAIN.fullmatch(domain) or not _SELECTOR.fullmatch(selector):
            raise SigningKeyError(f"{selector}._domainkey.{domain} isn't a valid name for a key")
        try:
            # Every check of a draft and every short message loads a key. To test again that its primes are primes takes
            # 40 ms, and the seal under which it is kept shows that it is still the one we made.
            key = serialization.load_pem_private_key(
                private_key_pem, password=None, unsafe_skip_rsa_key_validation=True
            )
        except (ValueError, TypeError) as error:
            raise SigningKeyError(f"the private key of {selector}._domainkey.{domain} can't be read") from error
        if not isinstance(key, rsa.RSAPrivateKey) or key.key_size < KEY_BITS:
            raise SigningKeyError(
                f"the key of {selector}._domainkey.{domain} isn't an RSA key with {KEY_BITS} bits or more"
            )
        self.key = RsaKey(key)
        self.domain = domain
        self.selector = selector

    def plan(
        self, static_fields: Sequence[Field], dynamic_names: Sequence[bytes], lifetime: timedelta | None
    ) -> "SigningPlan":
        """Per message, fields follow in the order of `dynamic_names`. `lifetime` becomes `x=`; None leaves it out."""
        return SigningPlan(self, static_fields, dynamic_names, lifetime)


class SigningPlan:
    __slots__ = ("_at", "_head", "_head_canonical", "_key", "_lifetime", "_names", "_signer", "_static")

    def __init__(
        self, signer: Signer, static_fields: Sequence[Field], dynamic_names: Sequence[bytes], lifetime: timedelta | None
    ) -> None:
        present = [name.lower() for name, _ in static_fields] + [name.lower() for name in dynamic_names]
        if len(set(present)) != len(present) or b"from" not in present:
            raise SigningKeyError("each field must be signed once, and From must be among them (RFC 6376 section 5.4)")
        self._signer = signer
        self._key = signer.key
        self._lifetime = lifetime
        self._names = [*present, *OVERSIGNED]
        self._static: _Hash = hashlib.sha256(b"".join(canonical(field) for field in static_fields))
        self._at = -1
        self._head = self._head_canonical = b""

    def prepare(self, dynamic_canonical: bytes, body_hash: bytes, at: int) -> PendingSignature:
        """`dynamic_canonical`: the message's own fields, relaxed, in the plan's order. `body_hash`: base64 of the
        canonical body's SHA-256. `at`: seconds since 1970.
        """
        if at != self._at:
            self._turn_to(at)
        digest = self._static.copy()
        digest.update(dynamic_canonical + self._head_canonical + body_hash + b"; b=")
        return PendingSignature(self._head + body_hash + b";\r\n b=", self._key, digest.digest())

    def _turn_to(self, at: int) -> None:
        expires = "" if self._lifetime is None else f" x={at + int(self._lifetime.total_seconds())};"
        start = (
            f"v=1; a=rsa-sha256; c=relaxed/relaxed; d={self._signer.domain};\r\n"
            f" s={self._signer.selector}; t={at};{expires}\r\n h="
        ).encode("ascii")
        lines = [b""]
        for name in self._names:
            if len(lines[-1]) + len(name) > _SLICE:
                lines.append(b"")
            lines[-1] += name + b":"
        value = start + b"\r\n ".join(lines)[:-1] + b";\r\n bh="
        self._head = b"DKIM-Signature: " + value
        self._head_canonical = canonical((b"DKIM-Signature", value)).removesuffix(b"\r\n")
        self._at = at


def body_hash(body: bytes) -> bytes:
    """Base64 SHA-256 in relaxed canonical form, as `bh=` requires."""
    return base64.b64encode(hashlib.sha256(body).digest())


def generate_key() -> tuple[bytes, str]:
    """Return an RSA-2048 private key as unencrypted PKCS #8 PEM, and the public record to publish."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=KEY_BITS)
    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    return pem, public_record(pem)


def public_record(private_key_pem: bytes) -> str:
    """RFC 6376 section 3.6.1. Raises `SigningKeyError`."""
    try:
        key = serialization.load_pem_private_key(private_key_pem, password=None)
    except (ValueError, TypeError) as error:
        raise SigningKeyError("the private key can't be read") from error
    der = key.public_key().public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    return f"v=DKIM1; k=rsa; p={base64.b64encode(der).decode('ascii')}"
