"""Stored secrets, useless without the key ring (R-59): AES-256-GCM under a key derived from each key of the ring, bound
to its place, so that a sealed secret copied into another row does not open. The first key seals; all open.
"""

import base64
import binascii
import hashlib
import hmac
import os
from collections.abc import Sequence

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

FORM = "v1"
_NONCE_OCTETS = 12
_LABEL = b"mailflatrate vault 1"


class VaultError(ValueError):
    """The sealed text cannot be opened here. The error text never quotes secret material."""


class Vault:
    __slots__ = ("_current", "_keys")

    def __init__(self, keys: Sequence[tuple[str, bytes]]) -> None:
        """Take `keys` as (id, master key), the current one first; ids have no dot. Raises VaultError without any."""
        if not keys or any("." in key_id for key_id, _ in keys):
            raise VaultError("the vault needs keys whose IDs contain no dot")
        self._keys = {key_id: AESGCM(hmac.digest(master, _LABEL, hashlib.sha256)) for key_id, master in keys}
        self._current = keys[0][0]

    @classmethod
    def parse(cls, token_keys: str) -> "Vault":
        """Build a vault from the key ring text, `id:hex,id:hex`, the current key first. Raises VaultError."""
        try:
            pairs = [entry.strip().split(":", 1) for entry in token_keys.split(",")]
            return cls([(key_id, bytes.fromhex(key)) for key_id, key in pairs])
        except ValueError:
            raise VaultError("the key ring must have the form id:hex,id:hex") from None

    def seal(self, secret: bytes, place: str) -> str:
        """Return the secret as text for a column, bound to `place`. Never the same twice."""
        nonce = os.urandom(_NONCE_OCTETS)
        hidden = self._keys[self._current].encrypt(nonce, secret, place.encode())
        return f"{FORM}.{self._current}.{base64.b64encode(nonce + hidden).decode('ascii')}"

    def open(self, sealed: str, place: str) -> bytes:
        """Return the secret. Raises VaultError if the text was changed, moved, or sealed under a key that is gone."""
        form, _, rest = sealed.partition(".")
        key_id, _, packed = rest.partition(".")
        if form != FORM or key_id not in self._keys:
            raise VaultError(f"encrypted with a key this installation doesn't have: {key_id[:32]!r}")
        try:
            octets = base64.b64decode(packed, validate=True)
            return self._keys[key_id].decrypt(octets[:_NONCE_OCTETS], octets[_NONCE_OCTETS:], place.encode())
        except (binascii.Error, InvalidTag, ValueError):
            raise VaultError(f"the value encrypted for {place!r} can't be decrypted") from None
