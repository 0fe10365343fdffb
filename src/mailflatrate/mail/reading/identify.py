"""Finding our own marks in whatever came back: the mailing ID and the tokens of the one delivery (issue 5, section 2).

A mailing ID is a hint that anybody can write down; a token is checked against the key ring and proves (R-78).
"""

import re
from dataclasses import dataclass

from mailflatrate.mail.mailing_id import find_in_text, parse_mailing_id
from mailflatrate.mail.reading.mime import Headers, Part
from mailflatrate.mail.tokens import TOKEN_PATTERN, KeyRing, Purpose, TokenClaims

_TOKEN = re.compile(rf"(?<![A-Za-z0-9]){TOKEN_PATTERN}(?![A-Za-z0-9])")
_MARKED_FIELDS = ("cfbl-feedback-id", "feedback-id", "message-id")
_TOKEN_FIELDS = (
    "return-path", "message-id", "cfbl-feedback-id", "list-unsubscribe", "to", "delivered-to", "x-original-to",
    "envelope-to", "in-reply-to", "references",
)  # fmt: skip
_MAX_TRIED = 40


@dataclass(frozen=True, slots=True)
class Marks:
    """What of ours was found. `claims` only when a key ring verified one of the tokens."""

    mailing_id: str | None
    purpose: Purpose | None
    claims: TokenClaims | None


def find_marks(message: Part, carried: Headers | None, text: str, key_ring: KeyRing | None) -> Marks:
    """Our marks in the carried mail first, then in the message itself, then in `text` (the words of a person)."""
    places = [headers for headers in (carried, message.headers) if headers is not None]
    mailing_id = next((found for headers in places if (found := _mailing_id(headers))), None)
    if mailing_id is None and (ids := find_in_text(text)):
        mailing_id = ids[0]
    purpose, claims = _verify(places, text, key_ring) if key_ring is not None else (None, None)
    return Marks(mailing_id, purpose, claims)


def _mailing_id(headers: Headers) -> str | None:
    found = parse_mailing_id(headers.raw("x-mailing-id")) if "x-mailing-id" in headers else None
    if found:
        return found
    for name in (*_MARKED_FIELDS, "in-reply-to", "references", "subject"):
        if name in headers and (ids := find_in_text(headers.text(name)[:1000])):
            return ids[0]
    return None


def _verify(places: list[Headers], text: str, key_ring: KeyRing) -> tuple[Purpose | None, TokenClaims | None]:
    candidates: dict[str, None] = {}
    for headers in places:
        for name in _TOKEN_FIELDS:
            for value in headers.all(name):
                candidates.update(dict.fromkeys(_TOKEN.findall(value)))
    candidates.update(dict.fromkeys(_TOKEN.findall(text)))
    for token in list(candidates)[:_MAX_TRIED]:
        found = key_ring.identify(token)
        if found is not None:
            return found
    return None, None
