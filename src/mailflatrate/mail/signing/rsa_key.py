"""RSA keys that sign mail, and the interface of the engines that compute signatures (RFC 8017 section 8.2)."""

from collections.abc import Sequence
from typing import Final, NoReturn, Protocol

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed

_PADDING: Final = padding.PKCS1v15()
_DIGEST: Final = Prehashed(hashes.SHA256())


class RsaKey:
    """A private key. It can't be copied or pickled, and its repr reveals nothing."""

    __slots__ = ("__weakref__", "_own")

    def __init__(self, own: rsa.RSAPrivateKey) -> None:
        self._own = own

    def sign(self, digest: bytes) -> bytes:
        return self._own.sign(digest, _PADDING, _DIGEST)

    @property
    def bits(self) -> int:
        return self._own.key_size

    def numbers(self) -> rsa.RSAPrivateNumbers:
        return self._own.private_numbers()

    def __reduce_ex__(self, protocol: object) -> NoReturn:
        raise TypeError("a private key can't be copied or stored")


SigningTask = tuple[RsaKey, bytes]
"""A key and the SHA-256 digest it signs."""


class DigestSigner(Protocol):
    @property
    def width(self) -> int: ...

    @property
    def name(self) -> str: ...

    def sign(self, tasks: Sequence[SigningTask]) -> list[bytes]:
        """Return one valid signature for each task, in their order. The keys may differ."""


class OpenSslSigner:
    width = 1

    def __init__(self, why: str = "") -> None:
        self.why = why

    @property
    def name(self) -> str:
        return f"OpenSSL, one signature at a time{': ' * bool(self.why)}{self.why}"

    def sign(self, tasks: Sequence[SigningTask]) -> list[bytes]:
        return [key.sign(digest) for key, digest in tasks]
