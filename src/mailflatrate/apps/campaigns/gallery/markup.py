"""Pieces of MJML that the parts of our templates share."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from html import escape
from typing import Final

from mailflatrate.apps.campaigns.gallery.families import Family

Words = Mapping[str, str]
ALIGN: Final = ' align="[[title_align]]"'
_HEADING: Final = "margin:0;font-family:[[heading_font]];font-size:{size};line-height:{leading};font-weight:700"


@dataclass(frozen=True, slots=True)
class PartSource:
    family: Family
    words: Words
    slots: tuple[str, ...]


def section(columns: str, attributes: str = 'padding="0"') -> str:
    return f"    <mj-section {attributes}>\n{columns}\n    </mj-section>"


def one_column(parts: Iterable[str], attributes: str = "", around: str = 'padding="32px 0 8px"') -> str:
    return section(column(parts, attributes), around)


def column(parts: Iterable[str], attributes: str = "") -> str:
    inside = "\n".join(f"        {part}" for part in parts)
    return f"      <mj-column{f' {attributes}' if attributes else ''}>\n{inside}\n      </mj-column>"


def group(columns: Iterable[str], attributes: str = 'padding="0 0 16px"') -> str:
    return section("      <mj-group>\n" + "\n".join(columns) + "\n      </mj-group>", attributes)


def heading_tag(level: int, text: str, size: str, leading: str = "1.3") -> str:
    return f'<h{level} style="{_HEADING.format(size=size, leading=leading)}">{text}</h{level}>'


def subtitle(text: str, attributes: str = "", size: str = "21px") -> str:
    given = f' font-size="{size}"' if size != "21px" else ""
    return f'<mj-text mj-class="subtitle"{given}{attributes}>{heading_tag(2, text, size)}</mj-text>'


def soft_text(text: str, attributes: str = "") -> str:
    return f'<mj-text mj-class="soft" css-class="soft"{attributes}>{text}</mj-text>'


def image(stem: str, words: Words, attributes: str) -> str:
    return f'<mj-image src="[[picture:{stem}]]" alt="{escape(words[f"alt_{stem}"])}" {attributes}/>'
