"""Per-delivery tokens: opaque, authenticated, bound to one purpose, valid as long as their key is in the ring, without
expiry (R-41). Built like SIV (RFC 5297): a MAC over the numbers authenticates them and is the nonce of the stream that
hides them, so a delivery always gives the same token and neighbors give unlike ones. 8 octets MAC + 12 hidden = 40
hexadecimal digits, which fit a local part (64 octets, RFC 5321 section 4.5.3.1.1). Case is ignored, because mail
systems change it. Whether the numbers exist is for the caller to ask.
"""

import hashlib
import hmac
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from hashlib import _Hash

TOKEN_LENGTH: Final = 40
TOKEN_PATTERN: Final = r"[0-9a-fA-F]{40}"  # noqa: S105 - a pattern, no secret

_MAC_OCTETS: Final = 8
_HIDDEN_OCTETS: Final = 12
_MINIMUM_KEY_OCTETS: Final = 32
_MAX_ACCOUNT_ID: Final = 2**32 - 1
_MAX_DELIVERY_ID: Final = 2**48 - 1
_MAX_EXTRA: Final = 2**16 - 1

_TOKEN = re.compile(TOKEN_PATTERN)
_KEY_ID = re.compile(r"[A-Za-z0-9_.-]{1,32}")


class TokenPurpose(Enum):
    """Each purpose has its own derived keys, so none passes for another. In parentheses: what `delivery_id` and `extra`
    are, if it names no delivery. CLICK: a link of an edition, the same for all recipients (edition; R-108);
    PERSONAL_CLICK: for recipients who agreed (R-107). PRIVACY_REQUEST: only in the email that asks to confirm it
    (request). MEDIA (picture, width). CASE: of no account (report). REPORT: for a person who proved by email that they
    are the recipient. MAILBOX (mailbox, round of asking). DNS_RECORDS: for the person who manages a domain's DNS
    (domain, last day it works, counted from 1970). RELAY_EVENT: returned in a provider's events (`extra` is the relay).
    NOT_ME: the reader of a transactional message says that it isn't meant for them. RECEIPT (event of the ledger).
    CALENDAR: the same for all recipients (edition, number of the file). POLL: the recipient's answers.
    """

    VERP = "verp"
    UNSUBSCRIBE = "unsubscribe"
    FEEDBACK = "feedback"
    MESSAGE_ID = "message-id"
    PREFERENCES = "preferences"
    CLICK = "click"
    PERSONAL_CLICK = "personal-click"
    OPEN = "open"
    ARCHIVE = "archive"
    PRIVACY = "privacy"
    PRIVACY_REQUEST = "privacy-request"
    MEDIA = "media"
    CASE = "case"
    REPORT = "report"
    MAILBOX = "mailbox"
    DNS_RECORDS = "dns-records"
    RELAY_EVENT = "relay-event"
    NOT_ME = "not-me"
    RECEIPT = "receipt"
    CALENDAR = "calendar"
    POLL = "poll"


class KeyRingError(ValueError):
    """The key ring's text is malformed. The error text never quotes key material."""


@dataclass(frozen=True, slots=True)
class TokenClaims:
    """`extra` is a link number for clicks, 0 elsewhere; `key_id` names the sealing key."""

    account_id: int
    delivery_id: int
    extra: int
    key_id: str


class _Hmac:
    """HMAC-SHA-256 (RFC 2104) with both padded key blocks hashed beforehand: a third of the cost of `hmac.digest`."""

    __slots__ = ("_inner", "_outer")

    def __init__(self, key: bytes) -> None:
        block = key.ljust(64, b"\0")
        self._inner: _Hash = hashlib.sha256(bytes(octet ^ 0x36 for octet in block))
        self._outer: _Hash = hashlib.sha256(bytes(octet ^ 0x5C for octet in block))

    def digest(self, data: bytes) -> bytes:
        inner = self._inner.copy()
        inner.update(data)
        outer = self._outer.copy()
        outer.update(inner.digest())
        return outer.digest()


def _keyed(state: "hashlib.blake2s", data: bytes) -> bytes:
    fresh = state.copy()
    fresh.update(data)
    return fresh.digest()


def _derive(master: bytes, label: str) -> bytes:
    """Derive a 32-octet key for one use; the label is the only input, so HMAC is the expand step of RFC 5869."""
    return hmac.digest(master, b"mailflatrate/1/" + label.encode("ascii"), "sha256")


class _PurposeKeys:
    """Keyed BLAKE2s (RFC 7693 section 2.9), a MAC in itself at half the cost of an HMAC: a message has five."""

    __slots__ = ("_mac", "_stream", "copies", "key_id")

    def __init__(self, key_id: str, master: bytes, purpose: TokenPurpose) -> None:
        self.key_id = key_id
        mac_key, stream_key = (_derive(master, f"token/{purpose.value}/{use}") for use in ("mac", "stream"))
        self._mac = hashlib.blake2s(key=mac_key, digest_size=_MAC_OCTETS)
        self._stream = hashlib.blake2s(key=stream_key, digest_size=_HIDDEN_OCTETS)
        self.copies = (self._mac.copy, self._stream.copy)

    def seal(self, plain: int, plain_octets: bytes) -> str:
        mac = _keyed(self._mac, plain_octets)
        return f"{mac.hex()}{plain ^ int.from_bytes(_keyed(self._stream, mac), 'big'):024x}"

    def open(self, sealed: bytes) -> int | None:
        mac = sealed[:_MAC_OCTETS]
        plain = int.from_bytes(sealed[_MAC_OCTETS:], "big") ^ int.from_bytes(_keyed(self._stream, mac), "big")
        expected = _keyed(self._mac, plain.to_bytes(_HIDDEN_OCTETS, "big"))
        return plain if hmac.compare_digest(mac, expected) else None


class KeyRing:
    """The service's token keys. The first key seals; all of them open tokens, forever (R-41)."""

    __slots__ = ("_accounts", "_ballots", "_contents", "_openers", "_sealers", "_suppression")

    def __init__(self, keys: Sequence[tuple[str, bytes]]) -> None:
        """Take `keys` as (id, at least 32 octets), the current one first. Raises `KeyRingError`."""
        if not keys:
            raise KeyRingError("the key ring is empty")
        if len({key_id for key_id, _ in keys}) != len(keys):
            raise KeyRingError("a key ID appears twice in the key ring")
        for key_id, master in keys:
            if len(master) < _MINIMUM_KEY_OCTETS:
                raise KeyRingError(f"key {key_id!r} is shorter than {_MINIMUM_KEY_OCTETS} bytes")
        self._openers = {
            purpose: tuple(_PurposeKeys(key_id, master, purpose) for key_id, master in keys) for purpose in TokenPurpose
        }
        self._sealers = {purpose: openers[0] for purpose, openers in self._openers.items()}
        # The founding key, not the current one: a rotation must not lose who is suppressed.
        self._suppression = _Hmac(_derive(keys[-1][1], "suppression"))
        self._accounts = _Hmac(_derive(keys[-1][1], "account-label"))
        self._ballots = _Hmac(_derive(keys[-1][1], "ballot"))
        self._contents = tuple(_Hmac(_derive(master, "content")) for _, master in keys)

    @classmethod
    def parse(cls, text: str) -> "KeyRing":
        """Read "id:hexkey,id:hexkey", the current key first. Raises `KeyRingError`."""
        keys = []
        for position, entry in enumerate(text.split(","), start=1):
            key_id, colon, hex_key = entry.strip().partition(":")
            if not colon or not _KEY_ID.fullmatch(key_id):
                raise KeyRingError(f"entry {position} of the key ring is not of the form id:hexkey")
            try:
                keys.append((key_id, bytes.fromhex(hex_key)))
            except ValueError:
                raise KeyRingError(f"key {key_id!r} is not hexadecimal") from None
        return cls(keys)

    def seal(self, purpose: TokenPurpose, account_id: int, delivery_id: int, extra: int = 0) -> str:
        """40 characters `0-9a-f`, deterministic. Raises ValueError beyond 32 bit, 48 bit and 16 bit."""
        plain = _plain(account_id, delivery_id, extra)
        return self._sealers[purpose].seal(plain, plain.to_bytes(_HIDDEN_OCTETS, "big"))

    def sealer(self, purposes: Sequence[TokenPurpose], account_id: int) -> Callable[[int], list[str]]:
        """Return a function that gives the tokens of a delivery of this account for these purposes, in order."""
        copies = [self._sealers[purpose].copies for purpose in purposes]

        def seal_all(delivery_id: int) -> list[str]:
            # `_PurposeKeys.seal` written out: five times a message, its calls cost as much as its hashes.
            plain = _plain(account_id, delivery_id, 0)
            octets = plain.to_bytes(_HIDDEN_OCTETS, "big")
            tokens = []
            for copy_mac, copy_stream in copies:
                keyed = copy_mac()
                keyed.update(octets)
                mac = keyed.digest()
                keyed = copy_stream()
                keyed.update(mac)
                tokens.append(f"{mac.hex()}{plain ^ int.from_bytes(keyed.digest(), 'big'):024x}")
            return tokens

        return seal_all

    def open_token(self, purpose: TokenPurpose, text: str) -> TokenClaims | None:
        """Return the claims of a genuine token of this purpose, else None. Ignores case; never raises."""
        sealed = _decode(text)
        if sealed is None:
            return None
        for keys in self._openers[purpose]:
            plain = keys.open(sealed)
            if plain is not None:
                return TokenClaims(
                    account_id=plain >> 64,
                    delivery_id=plain >> 16 & _MAX_DELIVERY_ID,
                    extra=plain & _MAX_EXTRA,
                    key_id=keys.key_id,
                )
        return None

    def identify(self, text: str) -> tuple[TokenPurpose, TokenClaims] | None:
        """Return the purpose and claims of a token of unknown kind, for the abuse desk; None if not genuine."""
        for purpose in TokenPurpose:
            claims = self.open_token(purpose, text)
            if claims is not None:
                return purpose, claims
        return None

    def suppression_key(self, canonical_address: str) -> bytes:
        """HMAC-SHA-256, 32 octets, of an address (R-20), to match without storing it (R-96). The last key of the ring,
        the founding one, makes it and must never leave the ring.
        """
        return self._suppression.digest(canonical_address.encode("utf-8", "surrogatepass"))

    def account_label(self, account_id: int) -> str:
        """It hides the number of customers, and survives rotations: Gmail keeps figures by it (R-63)."""
        return "a" + self._accounts.digest(account_id.to_bytes(8, "big")).hex()[:15]

    def ballot_mark(self, account_id: int, delivery_id: int, poll: int) -> bytes:
        """16 octets that show that a question was answered, without naming the message (R-107). Keyed by the founding
        key: a message can't be answered again after a rotation.
        """
        return self._ballots.digest(_plain(account_id, delivery_id, poll).to_bytes(_HIDDEN_OCTETS, "big"))[:16]

    def content_seal(self, content: bytes) -> bytes:
        """Return the HMAC-SHA-256 of frozen content, 32 octets: proves that this service froze it."""
        return self._contents[0].digest(content)

    def knows_content(self, content: bytes, seal: bytes) -> bool:
        return any(hmac.compare_digest(key.digest(content), seal) for key in self._contents)


def _plain(account_id: int, delivery_id: int, extra: int) -> int:
    if not (0 <= account_id <= _MAX_ACCOUNT_ID and 0 <= delivery_id <= _MAX_DELIVERY_ID and 0 <= extra <= _MAX_EXTRA):
        raise ValueError("a number doesn't fit in a token")
    return account_id << 64 | delivery_id << 16 | extra


def _decode(text: str) -> bytes | None:
    return bytes.fromhex(text) if _TOKEN.fullmatch(text) else None
