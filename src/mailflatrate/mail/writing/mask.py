"""Masks what a model must not see: `[[1]]` for a value, `<2>` and `</2>` around words, `<3/>` for other markup. What a
model invents besides words is dropped, so an answer can't bring a field, link or markup into a draft.
"""

import html
import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from typing import Final

LONGEST_TEXT: Final = 6_000
"""Characters of one text that a model is asked about."""


class TextForm(Enum):
    LINE = "line"
    HTML = "html"
    MARKDOWN = "markdown"


class TextRefused(Exception):
    """A text can't be masked: it's too long, has no words, or has a field without an end."""


class AnswerRefused(Exception):
    """An answer can't be used: it's empty, too long, or changes the conditions of the text."""


@dataclass(frozen=True, slots=True)
class Hidden:
    """`after` if it encloses words. `is_wanted`: without it a field or link lacks. `is_condition`: its order stays."""

    before: str
    after: str = ""
    encloses: bool = False
    is_value: bool = False
    is_wanted: bool = False
    is_condition: bool = False


@dataclass(frozen=True, slots=True)
class MaskedText:
    """A text as a model gets it. `start` and `end` are markup around it; `hidden` has the marks by number, from 1."""

    form: TextForm
    text: str
    hidden: tuple[Hidden, ...]
    start: str = ""
    end: str = ""

    @property
    def words(self) -> str:
        return " ".join(_MARK.sub(" ", self.text).split())


@dataclass(frozen=True, slots=True)
class RestoredText:
    text: str
    missing: int


@dataclass(slots=True)
class _Token:
    kind: str
    text: str
    name: str = ""
    partner: int | None = None


_FIELD: Final = r"(?P<field>\{\{.{0,1000}?\}\}|\{%.{0,1000}?%\})"
_NAME: Final = r"[^\s<>@\"'()\[\]{}:;,]"
_OWN: Final = rf"(?P<own>(?:(?:https?://|www\.)[^\s<>\"')\]]+|{_NAME}{{1,64}}@{_NAME}{{1,190}})(?<![.,;:!?]))"
_TAG: Final = (
    r"(?P<whole><(?P<raw>style|script)\b.{0,6000}?</(?P=raw)\s*>|<!--.{0,6000}?-->)"
    r"|(?P<tag></?(?P<name>[a-zA-Z][\w-]*)(?:[^<>\"']|\"[^\"]*\"|'[^']*')*+>)"
)
_TARGET: Final = r"\([^)\n]*\)(?:\{[^{}\n]*\})?"
_MARKDOWN: Final = rf"(?P<picture>!\[[^\[\]\n]*\]{_TARGET})|(?P<link>\[(?P<label>[^\[\]\n]+)\](?P<target>{_TARGET}))"
_PATTERNS: Final = {
    TextForm.LINE: re.compile(f"{_FIELD}|{_OWN}", re.DOTALL),
    TextForm.HTML: re.compile(f"{_FIELD}|{_TAG}|{_OWN}", re.DOTALL),
    TextForm.MARKDOWN: re.compile(f"{_FIELD}|{_MARKDOWN}|{_TAG}|{_OWN}", re.DOTALL),
}
_LEFT_OVER: Final = re.compile(r"\{[{%#]|[}%#]\}")
_MARK: Final = re.compile(r"</?\d{1,3}/?>|\[\[\d{1,3}\]\]")
_ANSWERED: Final = re.compile(r"<(?P<close>/?)(?P<around>\d{1,3})(?P<single>/?)>|\[\[(?P<value>\d{1,3})\]\]")
_VOID: Final = frozenset({"br", "hr", "img", "wbr", "input", "mj-image", "mj-divider", "mj-spacer"})
_INVENTED: Final = re.compile(_OWN)
# Control characters, and those that turn the direction of what follows.
_UNSEEN: Final = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff\ufffe\uffff]")
_SPACES: Final = re.compile(r"\s+")
_LETTER: Final = re.compile(r"[^\W\d_]")


def mask(source: str, form: TextForm) -> MaskedText:
    """Replace all but the words of a text with marks. Raises TextRefused."""
    if len(source) > LONGEST_TEXT:
        raise TextRefused("long")
    tokens = _paired(list(_tokens(source, form)))
    first, last = _inner(tokens)
    hidden: list[Hidden] = []
    numbers: dict[int, int] = {}
    written = []
    for place in range(first, last):
        token = tokens[place]
        if token.kind == "words":
            written.append(token.text)
            continue
        if token.partner is not None and token.partner < place:
            written.append(f"</{numbers[token.partner]}>")
            continue
        numbers[place] = len(hidden) + 1
        hidden.append(_hidden(token, tokens))
        written.append(_mark_of(hidden[-1], numbers[place]))
    text = "".join(written).strip()
    if _LEFT_OVER.search(text):
        raise TextRefused("field")
    if not _LETTER.search(_MARK.sub("", text)):
        raise TextRefused("words")
    start = "".join(token.text for token in tokens[:first])
    end = "".join(token.text for token in tokens[last:])
    return MaskedText(form, text, tuple(hidden), start, end)


def restore(answer: str, masked: MaskedText) -> RestoredText:
    """Put what was hidden back into a model's text, and drop what isn't words. Raises AnswerRefused."""
    if len(answer) > 3 * LONGEST_TEXT:
        raise AnswerRefused("long")
    used: set[int] = set()
    conditions: list[int] = []
    opened: list[int] = []
    written: list[str] = []
    at = 0
    for match in _ANSWERED.finditer(answer):
        written.append(_words(answer[at : match.start()], masked.form))
        at = match.end()
        number = int(match["value"] or match["around"])
        if not 1 <= number <= len(masked.hidden):
            continue
        hidden = masked.hidden[number - 1]
        if hidden.encloses:
            written.append(_enclosed(number, match, masked, opened))
        elif not match["close"]:
            written.append(hidden.before)
            if hidden.is_condition:
                conditions.append(number)
        used.add(number)
    written.append(_words(answer[at:], masked.form))
    written += [masked.hidden[number - 1].after for number in reversed(opened)]
    if conditions != [at for at, part in enumerate(masked.hidden, start=1) if part.is_condition]:
        raise AnswerRefused("conditions")
    text = "".join(written).strip()
    if masked.form is TextForm.LINE:
        text = _SPACES.sub(" ", text)
    if not _LETTER.search(text) or len(text) > 4 * LONGEST_TEXT:
        raise AnswerRefused("empty")
    required = {at for at, part in enumerate(masked.hidden, start=1) if part.is_wanted}
    return RestoredText(masked.start + text + masked.end, len(required - used))


def _tokens(source: str, form: TextForm) -> Iterator[_Token]:
    at = 0
    for match in _PATTERNS[form].finditer(source):
        if match.start() > at:
            yield _Token("words", _read(source[at : match.start()], form))
        at = match.end()
        groups = match.groupdict()
        if groups.get("link"):
            yield _Token("open", "[", name="](")
            yield from _tokens(groups["label"], form)
            yield _Token("close", f"]{groups['target']}", name="](")
        elif groups.get("tag"):
            yield _tag(match[0], groups["name"].lower())
        elif groups.get("field"):
            yield _Token("condition" if match[0].startswith("{%") else "value", match[0])
        else:
            yield _Token("value" if groups.get("own") else "single", match[0])
    if at < len(source):
        yield _Token("words", _read(source[at:], form))


def _tag(text: str, name: str) -> _Token:
    if text.endswith("/>") or name in _VOID:
        return _Token("single", text)
    return _Token("close" if text.startswith("</") else "open", text, name)


def _paired(tokens: list[_Token]) -> list[_Token]:
    opened: list[int] = []
    for place, token in enumerate(tokens):
        if token.kind == "open":
            opened.append(place)
        elif token.kind == "close" and opened and tokens[opened[-1]].name == token.name:
            token.partner = opened.pop()
            tokens[token.partner].partner = place
    return tokens


def _inner(tokens: list[_Token]) -> tuple[int, int]:
    first, last = 0, len(tokens)
    while first < last:
        if _is_blank(tokens[first]):
            first += 1
        elif _is_blank(tokens[last - 1]):
            last -= 1
        elif tokens[first].kind == "open" and tokens[first].partner == last - 1:
            first, last = first + 1, last - 1
        else:
            break
    return first, last


def _is_blank(token: _Token) -> bool:
    return token.kind == "words" and not token.text.strip()


def _hidden(token: _Token, tokens: list[_Token]) -> Hidden:
    if token.partner is not None:
        return Hidden(token.text, tokens[token.partner].text, encloses=True, is_wanted=token.name in ("a", "]("))
    is_value = token.kind == "value"
    return Hidden(token.text, is_value=is_value, is_wanted=is_value, is_condition=token.kind == "condition")


def _mark_of(hidden: Hidden, number: int) -> str:
    if hidden.encloses:
        return f"<{number}>"
    return f"[[{number}]]" if hidden.is_value or hidden.is_condition else f"<{number}/>"


def _enclosed(number: int, match: re.Match[str], masked: MaskedText, opened: list[int]) -> str:
    """Return the markup for a mark around words; what was left open in between is closed first."""
    if match["single"] or match["value"]:
        return ""
    if not match["close"]:
        if number in opened:
            return ""
        opened.append(number)
        return masked.hidden[number - 1].before
    if number not in opened:
        return ""
    closed = []
    while (last := opened.pop()) != number:
        closed.append(masked.hidden[last - 1].after)
    return "".join(closed) + masked.hidden[number - 1].after


def _read(words: str, form: TextForm) -> str:
    return html.unescape(words) if form is TextForm.HTML else words


def _words(text: str, form: TextForm) -> str:
    text = _UNSEEN.sub("", text).translate({ord("{"): None, ord("}"): None})
    text = _INVENTED.sub("", text)
    if form is TextForm.HTML:
        return html.escape(text, quote=False)
    if form is TextForm.MARKDOWN:
        return text.replace("<", "&lt;").replace("](", "] (").replace("]:", "] :")
    return text


_MERGE_FIELD: Final = re.compile(r"\{\{\s*(?:[a-z_]+\.)?([a-z_0-9]+)[^{}]{0,1000}\}\}", re.IGNORECASE)
_CONDITION: Final = re.compile(r"\{%.{0,1000}?%\}", re.DOTALL)
_BREAK: Final = re.compile(r"<br\s*/?>|</(?:p|h[1-6]|li|td|th|div|blockquote)\s*>", re.IGNORECASE)
_MARKUP: Final = re.compile(r"<[^<>]{0,4000}>")


def readable(source: str, form: TextForm) -> str:
    """Return a text for reading: `‹first_name›` for a field, `‹…›` for a condition."""
    text = _CONDITION.sub("‹…›", _MERGE_FIELD.sub(r"‹\1›", source))
    if form is not TextForm.HTML:
        return text.strip()
    text = html.unescape(_MARKUP.sub("", _BREAK.sub("\n", text)))
    lines = (" ".join(line.split()) for line in text.splitlines())
    return "\n".join(line for line in lines if line)
