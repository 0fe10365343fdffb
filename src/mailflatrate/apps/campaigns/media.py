"""Public URLs of pictures, with a sealed token: it can't be guessed or enumerated, and never expires (R-41)."""

import re
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from mailflatrate.apps.campaigns.models import Media, MediaFile
from mailflatrate.apps.domains.queries import media_base
from mailflatrate.base.ids import key_ring
from mailflatrate.mail.identifiers.tokens import TOKEN_PATTERN, TokenPurpose
from mailflatrate.settings import load_settings

WHOLE, THUMBNAIL, COLUMN, COLUMN_TWICE = 0, 1, 2, 3
"""Slots of a picture's files: `mail.images.pictures` says how wide each is."""
PATH: Final = "m"
_ADDRESS = re.compile(rf"/{PATH}/({TOKEN_PATTERN})/")
_HOST = re.compile(rf"https://[a-z0-9.:-]+(?=/{PATH}/(?:{TOKEN_PATTERN}|shipped)/)")
_GERMAN = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss"})
_UNUSUAL = re.compile(r"[^a-z0-9]+")


@dataclass(frozen=True, slots=True)
class MediaAddress:
    account_id: int
    media_id: int
    slot: int


def media_path(media: Media, slot: int, ending: str) -> str:
    """Return the address of one file of a picture without the host, since each of our media hosts serves it."""
    token = key_ring().seal(TokenPurpose.MEDIA, media.account_id, media.id, slot)
    return f"/{PATH}/{token}/{slug(media.name)}.{ending}"


def media_url(media: Media, slot: int, ending: str, *, base: str = "") -> str:
    return (base or media_base()) + media_path(media, slot, ending)


def on_service_host(url: str) -> str:
    """Return the same picture on the service's host, because the host name is not part of a campaign's content."""
    return f"{load_settings().public_url}{urlsplit(url).path}" if url else ""


def without_host(html: str) -> str:
    return _HOST.sub("", html)


def message_url(media: Media, files: list[MediaFile], *, base: str = "") -> str:
    """Return the address to use in a message: the smallest file that is sharp on high-resolution screens."""
    best = {file.slot: file for file in files}
    chosen = best.get(COLUMN_TWICE) or best[WHOLE]
    return media_url(media, chosen.slot, chosen.ending, base=base)


def slug(name: str) -> str:
    stem = name.rsplit(".", 1)[0].lower()
    return _UNUSUAL.sub("-", stem.translate(_GERMAN)).strip("-")[:60] or "picture"


def open_address(token: str) -> MediaAddress | None:
    """Return what a token names; None if it was not sealed here."""
    claims = key_ring().open_token(TokenPurpose.MEDIA, token)
    return None if claims is None else MediaAddress(claims.account_id, claims.delivery_id, claims.extra)


def media_ids_in(text: str, account_id: int) -> list[int]:
    """Return the IDs of an account's pictures that a text shows, each once, in an arbitrary but stable order."""
    addresses = {open_address(token) for token in _ADDRESS.findall(text)}
    return sorted(
        {address.media_id for address in addresses if address is not None and address.account_id == account_id}
    )
