"""The addresses that a stored message names anywhere, so that erasure finds them. Every possible encoding is decoded,
whatever the headers declare; compressed or encrypted content is not opened. Linear in the message.
"""

import binascii
import re
from collections.abc import Callable, Iterator
from itertools import pairwise
from urllib.parse import unquote_to_bytes

from mailflatrate.mail.address import MAX_DOMAIN_OCTETS, MAX_LOCAL_OCTETS, AddressError, canonical_key
from mailflatrate.mail.reading.mime import decode_bytes, decode_words

MOST_ADDRESSES = 5_000
MOST_CANDIDATES = 50_000
MAX_DEPTH = 5
"""How many layers of base64 are undone: a message in a message in a message."""
MAX_SPLITS = 12

_BASE64_LINE = re.compile(rb"[A-Za-z0-9+/]+={0,2}")
_ENDS_LOCAL = frozenset(' \t\r\n<>()[],;:\\"@\0')
_ENDS_DOMAIN = _ENDS_LOCAL | frozenset("=?&/%'*!#$+`{|}~^")
_NUMBERED = re.compile(r"&#(?:(\d{1,6})|[xX]([0-9a-fA-F]{1,5}));?")
_JSON = re.compile(r"\\u([0-9a-fA-F]{4})")
_BEFORE_LOCAL = "'*_`{|}=#/&~^!$?%+-."
_AFTER_DOMAIN = ".-_"
_IN_URL = re.compile(r"[=/?&#|{]")
_PERCENT_AT = re.compile(rb"%(?:25)*40")


def named_addresses(raw: bytes, *envelope: str) -> frozenset[str] | None:
    """Return canonical keys of all addresses in a message and its envelope; None for more than `MOST_ADDRESSES`."""
    keys: set[str] = set()
    seen: set[str] = set()
    for text in (*envelope, *_texts(raw, MAX_DEPTH)):
        for local, domain in _candidates(text):
            if (candidate := f"{local}@{domain}") in seen:
                continue
            seen.add(candidate)
            keys.update(_keys(local, domain))
            if len(seen) > MOST_CANDIDATES or len(keys) > MOST_ADDRESSES:
                return None
    return frozenset(keys)


def names_one(raw: bytes, is_wanted: Callable[[str], bool], *envelope: str) -> bool:
    """Return whether a message, however many addresses it has, names a wanted one. `is_wanted` gets canonical keys."""
    texts = (*envelope, *_texts(raw, MAX_DEPTH))
    return any(is_wanted(key) for text in texts for pair in _candidates(text) for key in _keys(*pair))


def _texts(data: bytes, depth: int) -> Iterator[str]:
    plain = data.replace(b"\0", b"") if b"\0" in data else data
    yield from _spelled(plain)
    if b"=" in plain:
        unfolded = binascii.a2b_qp(plain)
        if unfolded != plain:
            yield from _spelled(unfolded)
    if depth:
        for block in _base64_blocks(plain):
            yield from _texts(block, depth - 1)


def _spelled(data: bytes) -> Iterator[str]:
    text = decode_bytes(data, "")
    yield text
    if "=?" in text:
        yield decode_words(text)
    if _PERCENT_AT.search(data):
        opened = data
        for _layer in range(3):
            opened = unquote_to_bytes(opened)
        yield decode_bytes(opened, "")
    if "&#" in text or "&commat;" in text:
        yield _NUMBERED.sub(_numbered, text).replace("&commat;", "@").replace("&period;", ".")
    if "\\u" in text:
        yield _JSON.sub(lambda match: chr(int(match[1], 16)), text)
    if "+AEA-" in text:  # UTF-7
        yield text.replace("+AEA-", "@")


def _numbered(match: re.Match[str]) -> str:
    number = int(match[1]) if match[1] else int(match[2], 16)
    return chr(number) if 0 < number < 0x110000 and not 0xD800 <= number < 0xE000 else " "


def _base64_blocks(data: bytes) -> Iterator[bytes]:
    run: list[bytes] = []
    for line in data.split(b"\n"):
        bare = line.strip()
        if bare and _BASE64_LINE.fullmatch(bare):
            run.append(bare)
            if not bare.endswith(b"="):
                continue
        if run:
            yield from _decoded(b"".join(run))
            run = []
    if run:
        yield from _decoded(b"".join(run))


def _decoded(digits: bytes) -> Iterator[bytes]:
    if len(digits) >= 8:
        digits = digits.rstrip(b"=")
        digits = digits[: len(digits) - (len(digits) % 4 == 1)]
        yield binascii.a2b_base64(digits + b"=" * (-len(digits) % 4))


def _candidates(text: str) -> Iterator[tuple[str, str]]:
    at = text.find("@")
    while at >= 0:
        start, end = at, at + 1
        while start > 0 and at - start < 4 * MAX_LOCAL_OCTETS and text[start - 1] not in _ENDS_LOCAL:
            start -= 1
        while end < len(text) and end - at <= MAX_DOMAIN_OCTETS and text[end] not in _ENDS_DOMAIN:
            end += 1
        if at > start and end - at > 3:
            yield text[start:at], text[at + 1 : end]
        at = text.find("@", at + 1)


def _keys(local: str, domain: str) -> Iterator[str]:
    """Yield the address without adjacent punctuation, and one embedded in it: VERP (`x+dora=posteo.de`), SRS."""
    domain = domain.rstrip(_AFTER_DOMAIN)
    pairs = {(local, domain), (local.lstrip(_BEFORE_LOCAL), domain), (_IN_URL.split(local)[-1], domain)}
    folded = local.split("=")[:MAX_SPLITS]
    for left, right in pairwise(folded):
        pairs.add((right, left))  # SRS0=hash=tt=posteo.de=dora
        pairs.add((left, right))
        pairs.update((left[place + 1 :], right) for place, mark in enumerate(left) if mark in "+-")
    for name, host in pairs:
        if not name or "." not in host:
            continue
        try:
            yield canonical_key(f"{name}@{host}")
        except AddressError:
            continue
