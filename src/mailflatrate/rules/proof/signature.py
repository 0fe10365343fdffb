"""The service's Ed25519 signatures (RFC 8032) and the history of its keys. Signed data begins with a line that names
its kind, so none passes for another. JSON is signed with sorted keys, without white space, in UTF-8; `docs/proof.md`
has a script that checks it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from mailflatrate.rules.proof.record import MalformedRecord, read_json

KEYS_FORM = "mailflatrate signing keys 1"
ALGORITHM = "Ed25519"
MOST_KEYS = 1_000
_SEAL_LINE = b"mailflatrate seal signature 1\n"
_CERTIFICATE_LINE = b"mailflatrate certificate signature 1\n"
_PORTABLE_LINE = b"mailflatrate portable consent signature 1\n"
_RECEIPT_LINE = b"mailflatrate consent receipt signature 1\n"


def key_id(public_key: bytes) -> str:
    return hashlib.sha256(public_key).hexdigest()[:16]


@dataclass(frozen=True, slots=True)
class PublishedKey:
    octets: bytes
    created_at: str
    retired_at: str | None = None

    @property
    def id(self) -> str:
        return key_id(self.octets)

    def was_in_use(self, moment: str) -> bool:
        return self.created_at <= moment and (self.retired_at is None or moment <= self.retired_at)

    def as_json(self) -> dict[str, str | None]:
        return {
            "id": self.id,
            "algorithm": ALGORITHM,
            "public_key": self.octets.hex(),
            "created_at": self.created_at,
            "retired_at": self.retired_at,
        }

    @classmethod
    def from_json(cls, item: Mapping[str, Any]) -> PublishedKey:
        """Read what `as_json` wrote. Raises Malformed."""
        try:
            retired_at = item["retired_at"]
            until = None if retired_at is None else str(retired_at)
            key = cls(bytes.fromhex(item["public_key"]), str(item["created_at"]), until)
        except (KeyError, TypeError, ValueError) as problem:
            raise MalformedRecord(f"a signing key is not readable: {problem}") from problem
        if item.get("algorithm") != ALGORITHM or len(key.octets) != 32 or item.get("id") != key.id:
            raise MalformedRecord("a signing key is not an Ed25519 key, or its id is not its own")
        return key


def read_keys(octets: bytes) -> dict[str, PublishedKey]:
    """Return the keys of a published history, by id. Raises Malformed."""
    try:
        document = read_json(octets)
    except (ValueError, RecursionError) as problem:
        raise MalformedRecord("the file of signing keys is not JSON") from problem
    if (
        not isinstance(document, dict)
        or document.get("format") != KEYS_FORM
        or not isinstance(document.get("keys"), list)
    ):
        raise MalformedRecord(f"this is not a key history of the form “{KEYS_FORM}”")
    keys = [PublishedKey.from_json(item) for item in document["keys"][:MOST_KEYS] if isinstance(item, dict)]
    return {key.id: key for key in keys}


def canonical(certificate: Mapping[str, Any]) -> bytes:
    """Return the certificate without its signature, as the octets that are signed."""
    signed = {name: value for name, value in certificate.items() if name != "signature"}
    return json.dumps(signed, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode(
        "utf-8", "surrogatepass"
    )


def sign_seal(key: Ed25519PrivateKey, seal_hash: bytes) -> bytes:
    return key.sign(_SEAL_LINE + seal_hash)


def sign_certificate(key: Ed25519PrivateKey, certificate: Mapping[str, Any]) -> dict[str, str]:
    """Return a certificate's `signature` object. The public key in it proves nothing on its own."""
    return _signed(key, _CERTIFICATE_LINE + canonical(certificate))


def sign_portable(key: Ed25519PrivateKey, line: Mapping[str, Any]) -> dict[str, str]:
    return _signed(key, _PORTABLE_LINE + canonical(line))


def sign_receipt(key: Ed25519PrivateKey, receipt: Mapping[str, Any]) -> dict[str, str]:
    return _signed(key, _RECEIPT_LINE + canonical(receipt))


def _signed(key: Ed25519PrivateKey, message: bytes) -> dict[str, str]:
    public = key.public_key().public_bytes_raw()
    return {"algorithm": ALGORITHM, "key": key_id(public), "public_key": public.hex(), "value": key.sign(message).hex()}


def seal_signature_holds(public_key: bytes, signature: bytes, seal_hash: bytes) -> bool:
    return _holds(public_key, signature, _SEAL_LINE + seal_hash)


def certificate_signature_holds(public_key: bytes, signature: bytes, certificate: Mapping[str, Any]) -> bool:
    return _holds(public_key, signature, _CERTIFICATE_LINE + canonical(certificate))


def portable_signature_holds(public_key: bytes, signature: bytes, line: Mapping[str, Any]) -> bool:
    return _holds(public_key, signature, _PORTABLE_LINE + canonical(line))


def _holds(public_key: bytes, signature: bytes, message: bytes) -> bool:
    try:
        Ed25519PublicKey.from_public_bytes(public_key).verify(signature, message)
    except (InvalidSignature, ValueError):
        return False
    return True
