"""The brand of a website as values; `site_brand` reads it, in a child process."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

MOST_SHEETS: Final = 3
MOST_LOGOS: Final = 5


@dataclass(frozen=True, slots=True)
class SiteBrand:
    """What a website says of its brand. `values` are fields of the brand by name, only those that were found.

    `colors` are the most used ones, as `#rrggbb`, and `logos` addresses of pictures, the likeliest first.
    """

    values: tuple[tuple[str, str], ...]
    colors: tuple[str, ...]
    logos: tuple[str, ...]
