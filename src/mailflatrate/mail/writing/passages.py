"""Finds the texts and pictures of a draft's source, each with its place, so that one of them can be replaced."""

import html
import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from typing import Final

from mailflatrate.mail.content.campaign import SourceFormat
from mailflatrate.mail.writing.mask import TextForm

LONGEST_SOURCE: Final = 200_000
MOST_PASSAGES: Final = 200
MOST_CHARACTERS_AROUND: Final = 600


class PassageKind(Enum):
    TEXT = "text"
    PICTURE = "picture"


@dataclass(frozen=True, slots=True)
class SourcePassage:
    kind: PassageKind
    start: int
    source: str

    @property
    def end(self) -> int:
        return self.start + len(self.source)


_TAG: Final = re.compile(r"<!--|<(?P<close>/?)(?P<name>[a-zA-Z][\w-]*)(?:[^<>\"']|\"[^\"]*\"|'[^']*')*+>")
_UNSHOWN: Final = {"<!--": "-->", "style": "</style", "script": "</script"}
_MJML_TEXTS: Final = frozenset({"mj-text", "mj-button", "mj-accordion-title", "mj-accordion-text"})
_HTML_TEXTS: Final = frozenset({"p", "h1", "h2", "h3", "h4", "h5", "h6", "li", "td", "th", "blockquote", "div"})
_PICTURES: Final = {SourceFormat.MJML: "mj-image", SourceFormat.HTML: "img", SourceFormat.MARKDOWN: "img"}
_PARAGRAPH: Final = re.compile(r"(?:^[^\S\n]*+\S[^\n]*+(?:\n|\Z))+", re.MULTILINE)
_MARKDOWN_PICTURE: Final = re.compile(
    r"!\[(?P<alt>[^\[\]\n]{0,500}+)\]\((?P<src>[^()\s]{1,2000}+)(?P<rest>[^()\n]{0,300}+)\)"
)
_ATTRIBUTE: Final = re.compile(
    r"(?<=\s)(?P<name>alt|src)\s*=\s*(?:\"(?P<double>[^\"]*)\"|'(?P<single>[^']*)')", re.IGNORECASE
)


def form_of(source_format: SourceFormat) -> TextForm:
    return TextForm.MARKDOWN if source_format is SourceFormat.MARKDOWN else TextForm.HTML


def find_passages(source: str, source_format: SourceFormat) -> list[SourcePassage]:
    """Return the texts and pictures of a source in its order, at most MOST_PASSAGES; none of one that's too long."""
    if len(source) > LONGEST_SOURCE:
        return []
    passages = _markdown(source) if source_format is SourceFormat.MARKDOWN else _markup(source, source_format)
    return sorted(passages, key=lambda passage: passage.start)[:MOST_PASSAGES]


def _markdown(source: str) -> Iterator[SourcePassage]:
    for paragraph in _PARAGRAPH.finditer(source):
        text = paragraph[0].rstrip("\n")
        if not text.lstrip().startswith(("```", "~~~", ":::", "---")):
            yield SourcePassage(PassageKind.TEXT, paragraph.start(), text)
    for picture in _MARKDOWN_PICTURE.finditer(source):
        yield SourcePassage(PassageKind.PICTURE, picture.start(), picture[0])


def _markup(source: str, source_format: SourceFormat) -> Iterator[SourcePassage]:
    names = _MJML_TEXTS if source_format is SourceFormat.MJML else _HTML_TEXTS
    is_whole = source_format is SourceFormat.MJML
    opened: tuple[str, int] | None = None
    for tag in _tags(source):
        name = (tag["name"] or "").lower()
        if name in ("img", _PICTURES[source_format]) and not tag["close"]:
            yield SourcePassage(PassageKind.PICTURE, tag.start(), tag[0])
        if name not in names:
            continue
        if not tag["close"]:
            if not (is_whole and opened) and not tag[0].endswith("/>"):
                opened = name, tag.end()
        elif opened and opened[0] == name:
            yield SourcePassage(PassageKind.TEXT, opened[1], source[opened[1] : tag.start()])
            opened = None


def _tags(source: str) -> Iterator[re.Match[str]]:
    lowered, at = source.lower(), 0
    endless: set[str] = set()
    while tag := _TAG.search(source, at):
        at = tag.end()
        name = (tag["name"] or tag[0]).lower()
        if name not in _UNSHOWN or tag["close"]:
            yield tag
        elif name not in endless:
            end = lowered.find(_UNSHOWN[name], at)
            if end < 0:
                endless.add(name)  # looked for once: a source may begin many that never end
            else:
                at = end


def replaced(source: str, passage: SourcePassage, text: str) -> str:
    return source[: passage.start] + text + source[passage.end :]


def picture_values(tag: str) -> tuple[str, str]:
    markdown = _MARKDOWN_PICTURE.fullmatch(tag)
    if markdown:
        return markdown["src"], markdown["alt"]
    attributes = {
        attribute["name"].lower(): html.unescape(attribute["double"] or attribute["single"] or "")
        for attribute in _ATTRIBUTE.finditer(tag)
    }
    return attributes.get("src", ""), attributes.get("alt", "")


def with_alt(tag: str, text: str) -> str:
    markdown = _MARKDOWN_PICTURE.fullmatch(tag)
    if markdown:
        text = text.replace("[", "(").replace("]", ")").replace("<", "")
        return f"![{text}]({markdown['src']}{markdown['rest']})"
    written = f'alt="{html.escape(text)}"'
    for attribute in _ATTRIBUTE.finditer(tag):
        if attribute["name"].lower() == "alt":
            return tag[: attribute.start()] + written + tag[attribute.end() :]
    end = len(tag) - (2 if tag.endswith("/>") else 1)
    return f"{tag[:end].rstrip()} {written}{' ' if tag.endswith('/>') else ''}{tag[end:]}"
