"""The blocks of the visual editor, as MJML. `[[name]]` is a text or a color, `[[picture:stem]]` a shipped picture;
Liquid is left for the campaign. Only elements that the editor draws are used.
"""

import json
import re
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Final
from urllib.parse import quote_plus

from mailflatrate.apps.campaigns.content.default_blocks import palette_words
from mailflatrate.base import clock
from mailflatrate.kinds import from_extensions
from mailflatrate.mail.html.brand_style import BrandStyle
from mailflatrate.settings import load_settings

HERE: Final = Path(__file__).parent
SHIPPED_PATH: Final = "m/shipped"
"""Where our own pictures are served from. Sent messages show them, so a picture never changes and never goes."""
_PALETTE: Final = json.loads((HERE / "palette.json").read_text(encoding="utf-8"))
GROUPS: Final[dict[str, dict[str, str]]] = _PALETTE["groups"]
NETWORKS: Final[dict[str, str]] = _PALETTE["networks"]
_SLOT = re.compile(r"\[\[([a-z_]+)(?::([a-z-]+))?\]\]")


@dataclass(frozen=True, slots=True)
class PaletteBlock:
    """A block of an extension. `label` is a message id, `icon` one of `frontend/icons.json`; `mjml` as in `kinds`."""

    key: str
    label: str
    icon: str
    mjml: str


EXTENDED: Final[dict[str, PaletteBlock]] = {block.key: block for block in from_extensions("blocks", "BLOCKS")}
GROUPS["prebuilt"].update({block.key: block.icon for block in EXTENDED.values()})
KINDS: Final = tuple(kind for kinds in GROUPS.values() for kind in kinds)


@cache
def _kind(key: str) -> str:
    if key in EXTENDED:
        return EXTENDED[key].mjml.strip()
    return (HERE / "kinds" / f"{key}.mjml").read_text(encoding="utf-8").strip()


@cache
def shipped_pictures() -> frozenset[str]:
    return frozenset(path.stem for path in (HERE / "pictures").glob("*.png"))


def shipped_picture(stem: str) -> bytes:
    """Return one of our own pictures as PNG. Raises KeyError for an unknown name."""
    if stem not in shipped_pictures():
        raise KeyError(stem)
    return (HERE / "pictures" / f"{stem}.png").read_bytes()


def shipped_url(stem: str) -> str:
    return f"{load_settings().public_url}/{SHIPPED_PATH}/{stem}.png"


def block_sources(language: str, brand: BrandStyle) -> dict[str, str]:
    in_a_week = (clock.now() + timedelta(days=7)).date().isoformat()
    texts = palette_words(language)
    # The link of an answer has the question, too.
    asked = {f"{name}_url": quote_plus(text) for name, text in texts.items() if name.startswith(("poll_", "nps_"))}
    words = brand.words() | texts | asked | {"countdown_date": in_a_week}

    def fill(match: re.Match[str]) -> str:
        return shipped_url(match[2]) if match[1] == "picture" else words[match[1]]

    return {key: _SLOT.sub(fill, _kind(key)) for key in KINDS}


def social_networks() -> list[tuple[str, str, str]]:
    return [(key, name, shipped_url(f"social-{key}")) for key, name in NETWORKS.items()]
