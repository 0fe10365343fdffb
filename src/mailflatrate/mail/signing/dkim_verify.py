"""Verifies DKIM signatures (RFC 6376 section 6) like a receiver: both canonicalizations, RSA with SHA-256, `h=` with
fields named more often than they occur. The caller provides the public key.
"""

import base64
import binascii
import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Final

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.serialization import load_der_public_key

from mailflatrate.mail.address import domain_of

MINIMUM_KEY_BITS: Final = 1024
MAX_SIGNATURES: Final = 10

Field = tuple[bytes, bytes]
"""Name and everything after the colon, without the CRLF that ends it."""

KeyFinder = Callable[[str, str], bytes | None]
"""Selector and domain to the public key (DER, SubjectPublicKeyInfo); None: there is none. Raises KeyUnreachable."""


class KeyUnreachable(Exception):
    """It is unknown whether there is a key; try again later."""


class DkimStatus(Enum):
    PASS = "pass"  # noqa: S105 - no password
    BODY_CHANGED = "body_changed"
    HEADER_CHANGED = "header_changed"
    EXPIRED = "expired"
    KEY_MISSING = "key_missing"
    KEY_UNREACHABLE = "key_unreachable"
    UNSUPPORTED = "unsupported"
    MALFORMED = "malformed"


@dataclass(frozen=True, slots=True)
class DkimVerdict:
    """`signed_fields` are the names of `h=` in lower case, each once; `covered_fields` repeat those oversigned. Times
    are seconds since 1970. `is_body_limited`: `l=`, after which anyone may add text.
    """

    status: DkimStatus
    domain: str = ""
    selector: str = ""
    algorithm: str = ""
    signed_fields: tuple[str, ...] = ()
    covered_fields: tuple[str, ...] = ()
    signed_at: int | None = None
    expires_at: int | None = None
    is_body_limited: bool = False

    @property
    def passed(self) -> bool:
        return self.status is DkimStatus.PASS


class _InvalidSignature(Exception):
    def __init__(self, status: DkimStatus) -> None:
        super().__init__(status.value)
        self.status = status


def verify_signatures(raw: bytes, find_key: KeyFinder, *, at: datetime) -> tuple[DkimVerdict, ...]:
    """Topmost first, at most `MAX_SIGNATURES`. Raises nothing."""
    head, body = _halves(raw)
    fields = _fields(head)
    places = [place for place, (name, _) in enumerate(fields) if name.strip().lower() == b"dkim-signature"]
    return tuple(_judge(fields, place, body, find_key, at) for place in places[:MAX_SIGNATURES])


def _halves(raw: bytes) -> tuple[bytes, bytes]:
    text = re.sub(rb"\r?\n", b"\r\n", raw)
    if text.startswith(b"\r\n"):
        return b"", text[2:]
    head, _, body = text.partition(b"\r\n\r\n")
    return head, body


def _fields(head: bytes) -> list[Field]:
    fields = []
    for line in re.split(rb"\r\n(?![ \t])", head):
        name, colon, value = line.partition(b":")
        if colon:
            fields.append((name, value.removesuffix(b"\r\n")))
    return fields


def _judge(fields: list[Field], place: int, body: bytes, find_key: KeyFinder, at: datetime) -> DkimVerdict:
    tags: dict[str, str] = {}
    try:
        tags = _tags(fields[place][1])
        status = _check(fields, place, tags, body, find_key, at)
    except _InvalidSignature as refused:
        status = refused.status
    names = tuple(name.strip().lower() for name in tags.get("h", "").split(":") if name.strip())
    return DkimVerdict(
        status=status,
        domain=tags.get("d", "").lower(),
        selector=tags.get("s", ""),
        algorithm=tags.get("a", "").lower(),
        signed_fields=tuple(dict.fromkeys(names)),
        covered_fields=names,
        signed_at=_seconds(tags.get("t", "")),
        expires_at=_seconds(tags.get("x", "")),
        is_body_limited="l" in tags,
    )


def _seconds(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 13 else None


def _tags(value: bytes) -> dict[str, str]:
    """RFC 6376 section 3.2; white space inside folded values is removed."""
    tags: dict[str, str] = {}
    for part in value.decode("utf-8", "replace").split(";"):
        if not part.strip():
            continue
        name, equals, text = part.partition("=")
        name = name.strip()
        if not equals or name in tags:
            raise _InvalidSignature(DkimStatus.MALFORMED)
        tags[name] = "".join(text.split())
    return tags


def _check(
    fields: list[Field], place: int, tags: dict[str, str], body: bytes, find_key: KeyFinder, at: datetime
) -> DkimStatus:
    _check_form(tags, at)
    header_form, body_form = _canonicalisation(tags.get("c", "simple/simple"))
    if _body_hash(body, body_form, tags.get("l")) != _octets(tags["bh"]):
        return DkimStatus.BODY_CHANGED
    signed = _signed_octets(fields, place, tags["h"], header_form)
    key = _public_key(find_key, tags["s"], tags["d"].lower())
    try:
        key.verify(_octets(tags["b"]), signed, padding.PKCS1v15(), hashes.SHA256())
    except InvalidSignature:
        return DkimStatus.HEADER_CHANGED
    return DkimStatus.PASS


def _check_form(tags: dict[str, str], at: datetime) -> None:
    """What a verifier requires before it fetches a key (RFC 6376 section 6.1.1)."""
    if tags.get("v") != "1" or not all(tags.get(name) for name in ("a", "b", "bh", "d", "h", "s")):
        raise _InvalidSignature(DkimStatus.MALFORMED)
    if tags["a"].lower() != "rsa-sha256":
        raise _InvalidSignature(DkimStatus.UNSUPPORTED)
    if "from" not in [name.lower() for name in tags["h"].split(":")]:
        raise _InvalidSignature(DkimStatus.MALFORMED)
    domain = tags["d"].lower()
    identity = domain_of(tags.get("i", domain))
    if identity != domain and not identity.endswith(f".{domain}"):
        raise _InvalidSignature(DkimStatus.MALFORMED)
    expires = tags.get("x", "")
    if expires and _seconds(expires) is None:
        raise _InvalidSignature(DkimStatus.MALFORMED)
    if expires and at.timestamp() > int(expires):
        raise _InvalidSignature(DkimStatus.EXPIRED)


def _canonicalisation(text: str) -> tuple[str, str]:
    header, _, body = text.lower().partition("/")
    forms = (header, body or "simple")
    if not {"simple", "relaxed"}.issuperset(forms):
        raise _InvalidSignature(DkimStatus.UNSUPPORTED)
    return forms


def _body_hash(body: bytes, form: str, length: str | None) -> bytes:
    if form == "relaxed":
        body = re.sub(rb"[ \t]+", b" ", body).replace(b" \r\n", b"\r\n").removesuffix(b" ")
    # From the end, because a pattern that looks for the last lines tries each run of empty ones in the middle.
    empty = re.match(rb"(?:\n\r)+", body[: len(body.rstrip(b"\r\n")) - len(body) - 1 : -1])
    if empty:
        body = body[: -len(empty[0])]
    if body or form == "simple":
        body += b"\r\n"
    if length is not None:
        if not re.fullmatch("[0-9]{1,12}", length) or int(length) > len(body):
            raise _InvalidSignature(DkimStatus.MALFORMED)
        body = body[: int(length)]
    return hashlib.sha256(body).digest()


def _signed_octets(fields: list[Field], place: int, names: str, form: str) -> bytes:
    """Each name of `h=` is taken from the bottom up, then the signature without its `b=` (3.7)."""
    left: dict[bytes, list[Field]] = {}
    for field in fields:
        left.setdefault(field[0].strip().lower(), []).append(field)
    signed: list[bytes] = []
    for name in names.lower().split(":"):
        waiting = left.get(name.strip().encode("ascii", "replace"))
        if waiting:  # a name beyond those present stands for nothing, so that none can be added (section 5.4)
            signed += (_canonical(waiting.pop(), form), b"\r\n")
    own_name, own_value = fields[place]
    emptied = re.sub(rb"((?:^|;)[ \t\r\n]*b[ \t\r\n]*=)[^;]*", rb"\1", own_value, count=1)
    return b"".join([*signed, _canonical((own_name, emptied), form)])


def _canonical(field: Field, form: str) -> bytes:
    name, value = field
    if form == "simple":
        return name + b":" + value
    return name.strip().lower() + b":" + re.sub(rb"[ \t\r\n]+", b" ", value).strip(b" ")


def _octets(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as problem:
        raise _InvalidSignature(DkimStatus.MALFORMED) from problem


def _public_key(find_key: KeyFinder, selector: str, domain: str) -> rsa.RSAPublicKey:
    try:
        der = find_key(selector, domain)
    except KeyUnreachable as problem:
        raise _InvalidSignature(DkimStatus.KEY_UNREACHABLE) from problem
    if der is None:
        raise _InvalidSignature(DkimStatus.KEY_MISSING)
    try:
        key = load_der_public_key(der)
    except (ValueError, UnsupportedAlgorithm) as problem:
        raise _InvalidSignature(DkimStatus.UNSUPPORTED) from problem
    if not isinstance(key, rsa.RSAPublicKey) or key.key_size < MINIMUM_KEY_BITS:
        raise _InvalidSignature(DkimStatus.UNSUPPORTED)
    return key
