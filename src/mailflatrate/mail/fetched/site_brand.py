"""Finds a brand on a website: its colors, fonts and logo. Runs in a child process; a person confirms what was found."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from typing import Final
from urllib.parse import urljoin, urlsplit

from selectolax.lexbor import LexborHTMLParser

from mailflatrate.mail.fetched.values import MOST_LOGOS, MOST_SHEETS, SiteBrand
from mailflatrate.mail.html.contrast import MINIMUM_CONTRAST, contrast, luminance

_RULE = re.compile(r"([^{}]{1,400})\{([^{}]{0,8000})\}")
_DECLARATION = re.compile(r"([\w-]{1,60})\s*:\s*([^;{}]{1,300})")
_HEX = re.compile(r"#([0-9a-f]{6}|[0-9a-f]{3})\b", re.I)
_RGB = re.compile(r"rgba?\(\s*(\d{1,3})[\s,]+(\d{1,3})[\s,]+(\d{1,3})\s*(?:[,/]\s*1(?:\.0*)?\s*)?\)")
_PRIMARY = re.compile(r"^--[\w-]*(?:primary|brand|accent|main)", re.I)
_PROMINENT = re.compile(r"btn|button|cta|header|nav|brand|primary|hero|^\s*a\b|:root", re.I)
_BODY = re.compile(r"(?:^|[\s,}])(?:body|html)\s*(?:$|,)", re.I)
_HEADING = re.compile(r"(?:^|[\s,}])h[12]\s*(?:$|,)", re.I)
_SERIF = re.compile(
    r"georgia|times|garamond|merriweather|playfair|lora|caslon|didot|bodoni|(?<!sans-)(?<!sans )\bserif|slab",
    re.I,
)
_KNOWN_FONTS: Final = ("palatino", "verdana", "trebuchet", "arial")
_LEAST_SATURATION: Final = 0.2
_OF_THEME, _OF_VARIABLE, _OF_PROMINENT = 30, 20, 4


def find_sheets(html: str, url: str) -> tuple[str, ...]:
    tree = LexborHTMLParser(html)
    addresses = (_absolute(url, link.attributes.get("href")) for link in tree.css("link[rel~=stylesheet][href]"))
    return tuple(dict.fromkeys(address for address in addresses if address))[:MOST_SHEETS]


def read_brand(html: str, url: str, sheets: str) -> SiteBrand:
    tree = LexborHTMLParser(html)
    css = "\n".join([*(style.text() for style in tree.css("style")), sheets])
    weights: Counter[str] = Counter()
    look = {"ink": "", "page": "", "heading_font": "", "body_font": ""}
    for selector, name, value in _declarations(css):
        _weigh(weights, selector, name, value)
        _note(look, selector, name, value)
    for node in tree.css("[style]"):
        weights.update(_colors(node.attributes.get("style") or ""))
    for meta in tree.css("meta[name=theme-color][content]"):
        weights.update(dict.fromkeys(_colors(meta.attributes.get("content") or ""), _OF_THEME))
    ranked = [color for color, _weight in weights.most_common() if _is_brand(color)]
    values = {"primary": ranked[0] if ranked else "", **_readable(look)}
    kept = tuple((name, value) for name, value in values.items() if value)
    return SiteBrand(kept, tuple(ranked[:6]), tuple(_logos(tree, url))[:MOST_LOGOS])


def _declarations(css: str) -> Iterator[tuple[str, str, str]]:
    for rule in _RULE.finditer(re.sub(r"/\*.*?\*/", " ", css, flags=re.S)):
        for declaration in _DECLARATION.finditer(rule[2]):
            yield rule[1].strip(), declaration[1].lower(), declaration[2].strip()


def _weigh(weights: Counter[str], selector: str, name: str, value: str) -> None:
    weight = 1
    if _PRIMARY.match(name):
        weight = _OF_VARIABLE
    elif _PROMINENT.search(selector) and name in ("background", "background-color", "color", "border-color"):
        weight = _OF_PROMINENT
    for color in _colors(value):
        weights[color] += weight


def _note(look: dict[str, str], selector: str, name: str, value: str) -> None:
    if _BODY.search(selector):
        colors = _colors(value)
        if name == "color" and colors:
            look["ink"] = colors[0]
        if name in ("background", "background-color") and colors:
            look["page"] = colors[0]
        if name == "font-family":
            look["body_font"] = font_of(value)
    if _HEADING.search(selector) and name == "font-family":
        look["heading_font"] = font_of(value)


def _readable(look: dict[str, str]) -> dict[str, str]:
    kept = dict(look)
    if kept["ink"] and contrast(kept["ink"], "#ffffff") < MINIMUM_CONTRAST:
        kept["ink"] = ""
    if kept["page"] and luminance(kept["page"]) < 0.7:
        kept["page"] = ""
    return kept


def font_of(family: str) -> str:
    """Return the nearest of our fonts (`brand_style.FONTS`); empty for one that is named elsewhere."""
    first = family.lower()
    if "var(" in first or first in ("inherit", "initial", "unset"):
        return ""
    if "courier" in first or "mono" in first.partition(",")[0]:
        return "courier"
    font = next((name for name in _KNOWN_FONTS if name in first.partition(",")[0]), "")
    if font:
        return font
    if "helvetica" in first.partition(",")[0]:
        return "arial"
    return "georgia" if _SERIF.search(first) else "system"


def _colors(text: str) -> list[str]:
    colors = []
    for match in _HEX.finditer(text):
        digits = match[1].lower()
        colors.append("#" + (digits if len(digits) == 6 else "".join(digit * 2 for digit in digits)))
    for match in _RGB.finditer(text):
        parts = [int(part) for part in match.groups()]
        if max(parts) <= 255:
            colors.append("#" + "".join(f"{part:02x}" for part in parts))
    return colors


def _is_brand(color: str) -> bool:
    parts = [int(color[at : at + 2], 16) for at in (1, 3, 5)]
    saturation = (max(parts) - min(parts)) / max(1, *parts)
    return saturation >= _LEAST_SATURATION and 0.01 < luminance(color) < 0.7


def _absolute(url: str, address: str | None) -> str:
    try:
        whole = urljoin(url, (address or "").strip())
        return whole if urlsplit(whole).scheme in ("http", "https") else ""
    except ValueError:
        return ""


def _logos(tree: LexborHTMLParser, url: str) -> list[str]:
    """Return what may be the logo, the likeliest first. SVG is left out: email programs don't show it."""
    addresses: list[str] = []
    for image in tree.css("img[src]"):
        words = " ".join((image.attributes.get(name) or "") for name in ("class", "id", "alt", "src"))
        if re.search(r"logo|brand", words, re.I):
            addresses.append(_absolute(url, image.attributes.get("src")))
    for selector, name in (
        ("header img[src]", "src"),
        ("link[rel~=apple-touch-icon][href]", "href"),
        ("meta[property='og:image'][content]", "content"),
        ("link[rel~=icon][href]", "href"),
    ):
        addresses += [_absolute(url, node.attributes.get(name)) for node in tree.css(selector)]
    return [
        key for key in dict.fromkeys(addresses) if key and not urlsplit(key).path.lower().endswith((".svg", ".ico"))
    ]
