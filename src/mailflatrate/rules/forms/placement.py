"""Where a form appears on a website, and when: in the page, as a pop-up, a slide-in or a bar."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

MAX_SECONDS = 600
MAX_PATTERNS = 20
MAX_PATTERN_CHARACTERS = 200
HOSTED, FRAME, LANDING, STAND = "hosted", "frame", "landing", "stand"
"""The form on our own page, that page in a frame, its landing page, a tablet: placements that are only reported."""
ASKED = "asked"
"""No form at all: a member or a program entered the person and asked them to confirm. No browser can report it."""
_PATTERN = re.compile(r"/[^\s?#]*")


class PlacementKind(StrEnum):
    INLINE = "inline"
    POPUP = "popup"
    SLIDE_IN = "slide_in"
    BAR = "bar"


OVERLAYS = frozenset({PlacementKind.POPUP, PlacementKind.SLIDE_IN, PlacementKind.BAR})


class PlacementTrigger(StrEnum):
    DELAY = "delay"
    SCROLL = "scroll"
    EXIT = "exit"


class PlacementDevices(StrEnum):
    ALL = "all"
    WIDE = "wide"
    NARROW = "narrow"


@dataclass(frozen=True, slots=True)
class Placement:
    """`seconds` counts for DELAY, `percent` (of the page's height) for SCROLL. `pages` are paths with `*`; none: every
    page with the script. `text`: the compared text that was kept, or "".
    """

    kind: PlacementKind = PlacementKind.INLINE
    trigger: PlacementTrigger = PlacementTrigger.DELAY
    seconds: int = 5
    percent: int = 50
    devices: PlacementDevices = PlacementDevices.ALL
    pages: tuple[str, ...] = ()
    text: str = ""

    def as_json(self) -> dict[str, Any]:
        return {
            "kind": self.kind.value,
            "trigger": self.trigger.value,
            "seconds": self.seconds,
            "percent": self.percent,
            "devices": self.devices.value,
            "pages": list(self.pages),
            **({"text": self.text} if self.text else {}),
        }


def placement_from_json(stored: Mapping[str, Any]) -> Placement:
    if not stored:
        return Placement()
    return Placement(
        PlacementKind(stored["kind"]),
        PlacementTrigger(stored["trigger"]),
        int(stored["seconds"]),
        int(stored["percent"]),
        PlacementDevices(stored["devices"]),
        tuple(str(path) for path in stored["pages"]),
        str(stored.get("text", "")),
    )


def page_patterns(lines: Iterable[str]) -> tuple[str, ...]:
    """Drop blanks and duplicates; whole URLs become their path. Raises ValueError with the line that isn't a path."""
    patterns: dict[str, None] = {}
    for line in lines:
        path = re.sub(r"^https?://[^/\s]*", "", line.strip())
        if not line.strip():
            continue
        path = path or "/"
        if len(path) > MAX_PATTERN_CHARACTERS or _PATTERN.fullmatch(path) is None:
            raise ValueError(line.strip()[:MAX_PATTERN_CHARACTERS])
        patterns[path] = None
    return tuple(patterns)


def known_placement(text: str) -> str:
    """Return the placement that a browser reports if we know it, otherwise an empty string."""
    return text if text in (*PlacementKind, HOSTED, FRAME, LANDING, STAND) else ""
