"""Messages of our recipes, in each language we wrote them in. What only the customer can write, such as a date, says
so: it is placeholder text, so no such message can be released (R-52).
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

from mailflatrate.apps.campaigns.gallery import blank_source, closing, greeting, title
from mailflatrate.apps.campaigns.models import ContentKind
from mailflatrate.locale.texts import ENGLISH
from mailflatrate.mail.html.brand_style import BrandStyle

HERE: Final = Path(__file__).parent / "recipe_texts"
RECIPE_LANGUAGES: Final = ("en", "de")
_SUBTITLE: Final = "margin:0;font-family:[[heading_font]];font-size:21px;line-height:1.3;font-weight:700"

Part = str | Mapping[str, str]
"""A paragraph of our own markup, `{"todo": ...}` for the customer to write, `heading`, or `button` with `url`."""


@dataclass(frozen=True, slots=True)
class RecipeMessage:
    """A message of a recipe in one language. `name` is what colleagues see; `todo` names fields still to be written."""

    key: str
    language: str
    name: str
    subject: str
    preheader: str
    heading: str
    parts: tuple[Part, ...]
    todo: tuple[str, ...] = ()

    def invented(self) -> list[str]:
        parts = [part["todo"] for part in self.parts if not isinstance(part, str) and "todo" in part]
        return [getattr(self, name) for name in self.todo] + parts

    def values(self, brand: BrandStyle) -> dict[str, Any]:
        return {
            "subject": self.subject,
            "preheader": self.preheader,
            "language": self.language,
            "content_kind": ContentKind.BLOCKS,
            "content": blank_source(self.language, brand, self._body()),
        }

    def _body(self) -> str:
        lines, begins = [title(self.heading)], greeting(self.language)
        for part in self.parts:
            lines.append(_block(part, begins))
            begins = ""
        regards = closing(self.language)[1]
        return "\n        ".join([*lines, f"<mj-text>{regards}<br>{{{{ account.name }}}}</mj-text>"])


def _block(part: Part, begins: str) -> str:
    if isinstance(part, str):
        return f"<mj-text>{f'{begins}<br><br>' if begins else ''}{part}</mj-text>"
    if "todo" in part:
        return f"<mj-text>{part['todo']}</mj-text>"
    if "heading" in part:
        return f'<mj-text mj-class="subtitle"><h2 style="{_SUBTITLE}">{part["heading"]}</h2></mj-text>'
    return f'<mj-button href="{part["url"]}">{part["button"]}</mj-button>'


@cache
def _texts(language: str) -> dict[str, dict[str, RecipeMessage]]:
    raw = json.loads((HERE / f"{language}.json").read_text(encoding="utf-8"))
    return {
        recipe: {key: _message(key, language, words) for key, words in messages.items()}
        for recipe, messages in raw.items()
    }


def _message(key: str, language: str, words: Mapping[str, Any]) -> RecipeMessage:
    return RecipeMessage(
        key=key,
        language=language,
        name=words["name"],
        subject=words["subject"],
        preheader=words["preheader"],
        heading=words["heading"],
        parts=tuple(words["parts"]),
        todo=tuple(words.get("todo", ())),
    )


def recipe_messages(recipe: str, language: str) -> Mapping[str, RecipeMessage]:
    """By key, in order; in English for a language we didn't write them in. Raises KeyError for an unknown recipe."""
    return _texts(language if language in RECIPE_LANGUAGES else ENGLISH)[recipe]


def invented_texts() -> list[str]:
    return [
        text
        for language in RECIPE_LANGUAGES
        for messages in _texts(language).values()
        for message in messages.values()
        for text in message.invented()
    ]
