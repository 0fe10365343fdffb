"""Our own templates, thirty in six families and two or three languages: `templates/<key>.toml` has parts and texts,
`families` the look. `[[name]]` is a value of brand or family, `[[picture:stem]]` a picture. The result is ordinary
MJML.
"""

import re
import tomllib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final, Literal, get_args

from mailflatrate.apps.campaigns.gallery.column_parts import COLUMN_PARTS
from mailflatrate.apps.campaigns.gallery.families import FAMILIES, PLAIN, Family
from mailflatrate.apps.campaigns.gallery.markup import PartSource, Words, one_column
from mailflatrate.apps.campaigns.gallery.section_parts import SECTION_PARTS
from mailflatrate.locale.texts import N_, NC_, translate
from mailflatrate.mail.html.brand_style import BrandStyle


def mjml_sections(family: Family, words: Words, parts: Iterable[str]) -> str:
    """Column parts that follow each other share one section. Raises KeyError for an unknown kind or slot."""
    sections: list[str] = []
    waiting: list[str] = []
    for part in parts:
        kind, *slots = part.split()
        given = PartSource(family, words, tuple(slots))
        if kind in COLUMN_PARTS:
            waiting.append(COLUMN_PARTS[kind](given))
            continue
        sections += [one_column(waiting)] if waiting else []
        waiting = []
        sections.append(SECTION_PARTS[kind](given))
    return "\n".join([*sections, *([one_column(waiting)] if waiting else [])])


HERE: Final = Path(__file__).parent
GalleryKey = Literal[
    "announcement",
    "event",
    "launch",
    "opening",
    "season",
    "digest",
    "agency",
    "article",
    "links",
    "report",
    "product",
    "collection",
    "sale",
    "restock",
    "order",
    "restaurant",
    "brunch",
    "hotel",
    "cafe",
    "tasting",
    "club",
    "nonprofit",
    "donors",
    "volunteers",
    "survey",
    "welcome",
    "letter",
    "repermission",
    "thanks",
    "advice",
]
"""In the gallery's order: family by family."""
KEYS: Final[tuple[str, ...]] = get_args(GalleryKey)
LANGUAGES: Final = ("en", "de", "fr")
_SLOT = re.compile(r"\[\[([a-z_]+)(?::([a-z]+))?\]\]")
_LOGO_MOST_PX = 200
_HEADING: Final = "margin:0;font-family:[[heading_font]];font-size:32px;line-height:1.2;font-weight:700"
_URL: Final = "https://example.org/page"


@dataclass(frozen=True, slots=True)
class GalleryTemplate:
    """`pictures`: stems of its files. `purpose` has further words that people search for, separated by spaces."""

    key: str
    family: str
    language: str
    name: str
    about: str
    purpose: str
    subject: str
    preheader: str
    pictures: tuple[str, ...]


@cache
def _template(key: str) -> Mapping[str, Any]:
    return tomllib.loads((HERE / "templates" / f"{key}.toml").read_text(encoding="utf-8"))


@cache
def _pictures() -> Mapping[str, Mapping[str, str]]:
    return tomllib.loads((HERE / "pictures.toml").read_text(encoding="utf-8"))


@cache
def _words(key: str, language: str) -> Mapping[str, str]:
    """By slot, with those that all templates share. French has what may be sent as it is: labels, buttons, greetings;
    sample text, which the author replaces, is English there.
    """
    template = _template(key)
    return {"greeting": greeting(language), "url": _URL, **template["en"], **template.get(language, {})}


def invented_words(key: str, language: str) -> list[str]:
    """Sample text that only shows the layout and is never meant to be sent: the slots in the file's `invented`."""
    return [_words(key, language)[slot] for slot in _template(key)["invented"]]


@cache
def _layout(name: str, family: Family) -> str:
    head = (HERE / "layouts" / "head.mjml").read_text(encoding="utf-8")
    layout = (HERE / "layouts" / f"{name}.mjml").read_text(encoding="utf-8").replace("[[head]]\n", head)
    look = family.words()
    return _SLOT.sub(lambda match: look.get(match[1], match[0]), layout)


def _family(key: str) -> Family:
    return FAMILIES[_template(key)["family"]]


def picture_file(stem: str) -> Path:
    return HERE / "pictures" / f"{stem}.png"


def gallery(language: str) -> list[GalleryTemplate]:
    """Return all templates written in a language, in the gallery's order. An unknown language means English."""
    language = language if language in LANGUAGES else "en"
    return [gallery_template(key, language) for key in KEYS if language in _template(key)]


def gallery_template(key: str, language: str) -> GalleryTemplate:
    """In English if it isn't written in the language. Raises KeyError for an unknown key."""
    language = language if language in LANGUAGES and language in _template(key) else "en"
    words = _words(key, language)
    return GalleryTemplate(
        key=key,
        family=_family(key).key,
        language=language,
        name=words["name"],
        about=words["about"],
        purpose=words.get("purpose", ""),
        subject=words["subject"],
        preheader=words["preheader"],
        pictures=tuple(dict.fromkeys(match[2] for match in _SLOT.finditer(_content(key, language)) if match[2])),
    )


def picture_text(language: str, stem: str) -> str:
    texts = _pictures()[stem]
    return texts.get(language, texts["en"])


@cache
def _content(key: str, language: str) -> str:
    described = {f"alt_{stem}": picture_text(language, stem) for stem in _pictures()}
    sections = mjml_sections(_family(key), {**described, **_words(key, language)}, _template(key)["parts"])
    look = _family(key).words()
    sections = _SLOT.sub(lambda match: look.get(match[1], match[0]), sections)
    return _layout("sheet", _family(key)).replace("[[sections]]\n", f"{sections}\n")


def source(template: GalleryTemplate, brand: BrandStyle, picture_url: Callable[[str], str]) -> str:
    words = brand.words() | {"brand": _brand(brand, "left"), "brand_centered": _brand(brand, "center")}

    def fill(match: re.Match[str]) -> str:
        return picture_url(match[2]) if match[2] else words[match[1]]

    # The logo's markup holds slots itself.
    return _SLOT.sub(fill, _SLOT.sub(fill, _content(template.key, template.language)))


def blank_source(language: str, brand: BrandStyle, body: str = "") -> str:
    """An empty layout in the account's brand, around `body` (one-column MJML) or starter text."""
    words = brand.words() | {"brand": _brand(brand, "left")}
    words["body"] = body or _first_words(language)

    def fill(match: re.Match[str]) -> str:
        return words[match[1]]

    return _SLOT.sub(fill, _SLOT.sub(fill, _layout("blank", PLAIN)))


def first_heading(language: str) -> str:
    """It suits every sender, so that the checks report nothing about a new draft."""
    return translate(N_("News from {{ account.name }}"), language)


def headline(language: str) -> str:
    """Return the heading that new campaigns used to begin with; older drafts may still contain it."""
    return translate(NC_("content", "Headline"), language)


def closing(language: str) -> tuple[str, str]:
    return translate(N_("here is what is new."), language), translate(N_("Kind regards"), language)


def greeting(language: str) -> str:
    return translate(N_("Hello{% if contact.first_name %} {{ contact.first_name }}{% endif %},"), language)


def title(text: str) -> str:
    return f'<mj-text mj-class="title"><h1 style="{_HEADING}">{text}</h1></mj-text>'


def _first_words(language: str) -> str:
    news, regards = closing(language)
    return (
        f"{title(first_heading(language))}\n"
        f"        <mj-text>{greeting(language)}<br><br>{news}</mj-text>\n"
        f"        <mj-text>{regards}<br>{{{{ account.name }}}}</mj-text>"
    )


def _brand(brand: BrandStyle, align: str) -> str:
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
