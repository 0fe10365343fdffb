"""How a compiled part reaches the composer: `Static` text, encoded and hashed once per edition, and `Dynamic` indexes
into the strings of `render_dynamic` for one recipient.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Static:
    text: str


@dataclass(frozen=True, slots=True)
class Dynamic:
    index: int


Segment = Static | Dynamic


def join_segments(segments: tuple[Segment, ...], dynamic: list[str]) -> str:
    return "".join(s.text if isinstance(s, Static) else dynamic[s.index] for s in segments)
