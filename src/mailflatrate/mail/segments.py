"""The form in which a compiled part reaches the composer: fixed text, and placeholders filled for each recipient.

A part is a tuple of segments in order. `Static` text is the same for every recipient of an edition, so that the
composer may transfer-encode and hash it once. `Dynamic` is an index into the list of strings that
`mailflatrate.mail.liquid.Template.render_dynamic` returns for one recipient.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Static:
    """Text that is the same for every recipient of an edition."""

    text: str


@dataclass(frozen=True, slots=True)
class Dynamic:
    """The place of one rendered string; `index` counts from 0 within the part."""

    index: int


Segment = Static | Dynamic


def join_segments(segments: tuple[Segment, ...], dynamic: list[str]) -> str:
    """Return the whole part for one recipient; `dynamic` holds that recipient's strings in order."""
    return "".join(s.text if isinstance(s, Static) else dynamic[s.index] for s in segments)
