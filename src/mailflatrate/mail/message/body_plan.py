"""The body of an edition: multipart/alternative in octets, with placeholders (RFC 2046 section 5.1.4). The piece up to
the first placeholder is hashed once. `quoted_printable` leaves relaxed canonicalization nothing to do, so the hash of
the octets is the body hash.
"""

import hashlib
from binascii import b2a_base64
from collections.abc import Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from mailflatrate.mail.links import ServiceLink, link_prefix
from mailflatrate.mail.message.edition import EditionPart
from mailflatrate.mail.message.quoted_printable import encode_piece
from mailflatrate.mail.segments import Dynamic, Static

if TYPE_CHECKING:
    from hashlib import _Hash

_PART_HEADER: Final = (
    "--{boundary}\r\nContent-Type: text/{subtype}; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n"
)

_LONGEST_KEPT: Final = 120
# Most fillings occur in both parts, and towns, first names and the list's name recur with other recipients.
_kept_piece = lru_cache(maxsize=2048)(encode_piece)

Hole = tuple[int, int]
"""A position in the list of pieces and the index of the string that goes there."""


class BodyPlan:
    """`links` are the distinct links of both parts, in the order of their tokens."""

    __slots__ = ("_boundary", "_head_state", "_html_holes", "_link_holes", "_pieces", "_text_holes", "head", "links")

    def __init__(self, text: EditionPart, html: EditionPart, boundary: str, web_base_url: str) -> None:
        self._pieces: list[bytes] = [b""]
        self._link_holes: list[Hole] = []
        self.links: list[ServiceLink] = []
        self._boundary = boundary
        self._text_holes = self._add_part("plain", text, web_base_url)
        self._html_holes = self._add_part("html", html, web_base_url)
        self._add_octets(f"--{boundary}--\r\n".encode("ascii"))
        self.head = self._pieces[0]
        self._pieces[0] = b""
        self._head_state: _Hash = hashlib.sha256(self.head)

    def fill(self, text: Sequence[str], html: Sequence[str], tokens: Sequence[str]) -> bytes:
        """Return the body after `head`; `tokens` are in the order of `links`."""
        pieces = self._pieces.copy()
        for strings, holes in ((text, self._text_holes), (html, self._html_holes)):
            for position, index in holes:
                filling = strings[index]
                pieces[position] = _kept_piece(filling) if len(filling) <= _LONGEST_KEPT else encode_piece(filling)
        if tokens:
            # A token is plain letters and digits, shorter than a line.
            encoded = [token.encode("ascii") + b"=\r\n" for token in tokens]
            for position, index in self._link_holes:
                pieces[position] = encoded[index]
        return b"".join(pieces)

    def body_hash(self, rest: bytes) -> bytes:
        """Return the Base64 SHA-256 of `head` + `rest`, as DKIM's `bh=` requires."""
        state = self._head_state.copy()
        state.update(rest)
        return b2a_base64(state.digest(), newline=False)

    def _add_part(self, subtype: str, part: EditionPart, web_base_url: str) -> list[Hole]:
        self._add_octets(_PART_HEADER.format(boundary=self._boundary, subtype=subtype).encode("ascii"))
        holes: list[Hole] = []
        pending = ""
        for segment in part.segments:
            if isinstance(segment, Static):
                pending += segment.text
                continue
            if isinstance(segment, ServiceLink):
                pending += link_prefix(web_base_url, segment.kind)
            self._add_octets(encode_piece(pending))
            pending = ""
            if isinstance(segment, Dynamic):
                holes.append((self._add_hole(), segment.index))
            else:
                self._link_holes.append((self._add_hole(), self._link_index(segment)))
        # A part ends in a hard line break of its own: the last line must not end in a soft one (RFC 2045 6.7 rule 5).
        last_line_is_open = not pending.endswith(("\n", "\r"))
        self._add_octets(encode_piece(pending + "\n" * last_line_is_open) + b"\r\n")
        return holes

    def _add_octets(self, octets: bytes) -> None:
        self._pieces[-1] += octets

    def _add_hole(self) -> int:
        self._pieces += [b"", b""]
        return len(self._pieces) - 2

    def _link_index(self, link: ServiceLink) -> int:
        if link not in self.links:
            self.links.append(link)
        return self.links.index(link)
