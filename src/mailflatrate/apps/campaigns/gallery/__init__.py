"""Our own templates: eight layouts in MJML, their texts in three languages, their pictures.

A layout has `[[name]]` for each text and each color of the account's brand, and `[[picture:stem]]` for a picture;
Liquid in double braces is left for the campaign. The result is ordinary MJML, which the customer can edit from then on.
"""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

from mailflatrate.locale.texts import N_, NC_, translate
from mailflatrate.mail.html.brand_style import BrandStyle

HERE: Final = Path(__file__).parent
KEYS: Final = ("announcement", "digest", "product", "event", "welcome", "letter", "repermission", "survey")
LANGUAGES: Final = ("en", "de", "fr")
_SLOT = re.compile(r"\[\[([a-z_]+)(?::([a-z]+))?\]\]")
_LOGO_MOST_PX = 200
_HEADING: Final = "margin:0;font-family:[[heading_font]];font-size:32px;line-height:1.2;font-weight:700"


@dataclass(frozen=True, slots=True)
class GalleryTemplate:
    """A template as the gallery shows it. `pictures` are the stems of the files it needs."""

    key: str
    language: str
    name: str
    about: str
    subject: str
    preheader: str
    pictures: tuple[str, ...]


@cache
def _texts() -> dict[str, dict[str, dict[str, str]]]:
    """Return template -> language -> slot name -> text.

    French has what may be sent as it is: labels, buttons, greetings. Names and sample text, which the author replaces,
    are English there.
    """
    texts = json.loads((HERE / "texts.json").read_text(encoding="utf-8"))
    return {key: {code: spoken["en"] | words for code, words in spoken.items()} for key, spoken in texts.items()}


def invented_words(key: str, language: str) -> list[str]:
    """Return a template's sample text, which only shows the layout and is never meant to be sent.

    `invented.json` names the slots, `subject` and `preheader` among them.
    """
    slots: dict[str, list[str]] = json.loads((HERE / "invented.json").read_text(encoding="utf-8"))
    return [_texts()[key][language][slot] for slot in slots[key]]


@cache
def _layout(key: str) -> str:
    layout = (HERE / "layouts" / f"{key}.mjml").read_text(encoding="utf-8")
    return layout.replace("[[head]]\n", (HERE / "layouts" / "head.mjml").read_text(encoding="utf-8"))


def picture_file(stem: str) -> Path:
    """Return the file of one of our pictures."""
    return HERE / "pictures" / f"{stem}.png"


def gallery(language: str) -> list[GalleryTemplate]:
    """Return all templates, in the gallery's order. An unknown language falls back to English."""
    return [gallery_template(key, language) for key in KEYS]


def gallery_template(key: str, language: str) -> GalleryTemplate:
    """Return one of our templates. Raises KeyError for an unknown key."""
    language = language if language in LANGUAGES else "en"
    words = _texts()[key][language]
    pictures = dict.fromkeys(found[2] for found in _SLOT.finditer(_layout(key)) if found[1] == "picture")
    return GalleryTemplate(
        key=key,
        language=language,
        name=words["name"],
        about=words["about"],
        subject=words["subject"],
        preheader=words["preheader"],
        pictures=tuple(pictures),
    )


def picture_text(key: str, language: str, stem: str) -> str:
    """Return a template's description of one of its pictures."""
    found = re.search(rf'\[\[picture:{stem}\]\]" alt="\[\[([a-z_]+)\]\]"', _layout(key))
    return _texts()[key][language][found[1]] if found else ""


def source(template: GalleryTemplate, brand: BrandStyle, picture_url: Callable[[str], str]) -> str:
    """Return the template's MJML in the account's brand. `picture_url(stem)` returns a picture's URL."""
    words = brand.words() | _texts()[template.key][template.language]
    words["account"] = "{{ account.name }}"
    words["brand"], words["brand_centred"] = _brand(brand, "left"), _brand(brand, "center")

    def fill(found: re.Match[str]) -> str:
        return picture_url(found[2]) if found[1] == "picture" else words[found[1]]

    # The words of a layout may hold slots themselves (the brand holds the heading's font).
    return _SLOT.sub(fill, _SLOT.sub(fill, _layout(template.key)))


def blank_source(language: str, brand: BrandStyle, body: str = "") -> str:
    """Return an empty layout in the account's brand, with its name.

    It contains `body` (one-column MJML), or starter text if `body` is empty.
    """
    words = brand.words() | {"brand": _brand(brand, "left")}
    words["body"] = body or _first_words(language)

    def fill(found: re.Match[str]) -> str:
        return words[found[1]]

    return _SLOT.sub(fill, _SLOT.sub(fill, _layout("blank")))


def first_heading(language: str) -> str:
    """Return the heading of a new campaign.

    It suits every sender, so that the checks report nothing about a new draft.
    """
    return translate(N_("News from {{ account.name }}"), language)


def headline(language: str) -> str:
    """Return the heading that new campaigns used to begin with; older drafts may still contain it."""
    return translate(NC_("content", "Headline"), language)


def closing(language: str) -> tuple[str, str]:
    """Return the placeholder sentence and the closing line of a new campaign."""
    return translate(N_("here is what is new."), language), translate(N_("Kind regards"), language)


def greeting(language: str) -> str:
    """Return the greeting by first name, or without one where it isn't known."""
    return translate(N_("Hello{% if contact.first_name %} {{ contact.first_name }}{% endif %},"), language)


def title(text: str) -> str:
    """Return the title of a blank layout as MJML."""
    return f'<mj-text mj-class="title"><h1 style="{_HEADING}">{text}</h1></mj-text>'


def _first_words(language: str) -> str:
    news, regards = closing(language)
    return (
        f"{title(first_heading(language))}\n"
        f"        <mj-text>{greeting(language)}<br><br>{news}</mj-text>\n"
        f"        <mj-text>{regards}<br>{{{{ account.name }}}}</mj-text>"
    )


def _brand(brand: BrandStyle, align: str) -> str:
    """Return the logo, or the account's name if there is no logo."""
    if brand.logo_url:
        width = min(brand.logo_width or _LOGO_MOST_PX, _LOGO_MOST_PX)
        return (
            f'<mj-image src="{brand.logo_url}" alt="{{{{ account.name }}}}" width="{width}px" align="{align}" '
            'css-class="logo" padding="0 40px" />'
        )
    return (
        f'<mj-text align="{align}" font-family="[[heading_font]]" font-size="20px" line-height="1.3" '
        'font-weight="700" color="[[link]]" css-class="accent" padding="0 40px">{{ account.name }}</mj-text>'
    )
