"""The brand of a website as values; `site_brand` reads it, in a child process."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

MOST_SHEETS: Final = 3
MOST_LOGOS: Final = 5


@dataclass(frozen=True, slots=True)
class SiteBrand:
    """`values` are fields of the brand, only those found; `logos` are addresses, the likeliest first."""

    values: tuple[tuple[str, str], ...]
    colors: tuple[str, ...]
    logos: tuple[str, ...]
