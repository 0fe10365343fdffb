"""Which parts of an MJML source others may change, and whether a changed source kept everything else, octet for octet.
A slot is an element with `mf-slot`: `text` (words of a text, button or table; a button's link, too), `image` (a
picture, its description and link) or `rows` (whatever is put into a section group, section or column). It must be
complete in itself: no tag, comment or Liquid may reach past it, because it could hide or restyle what is locked, and no
style may move it over what is locked (`slot_styles`).
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Final

from mailflatrate.mail.content.slot_styles import OutOfPlace, line_within
from mailflatrate.mail.html.tokens import RAW_TEXT, Token, TokenKind, scan

SLOT: Final = "mf-slot"
KINDS: Final = {
    "text": frozenset({"mj-text", "mj-button", "mj-table"}),
    "image": frozenset({"mj-image"}),
    "rows": frozenset({"mj-wrapper", "mj-section", "mj-column"}),
}
"""Slots, and the elements that each may be."""
_FREE: Final = {"mj-button": frozenset({"href"}), "mj-image": frozenset({"src", "alt", "href", "title"})}
_IN_ROWS: Final = re.compile(
    r"mj-(?:section|column|group|text|button|image|divider|spacer|table|raw|include|social(?:-element)?"
    r"|navbar(?:-link)?)"
)
_REFUSED: Final = re.compile(
    r"html|head|body|base|meta|link|svg|math|template|noscript|select|form|frameset|frame|object|embed|applet"
)
_VOID: Final = re.compile(r"area|br|col|hr|img|input|source|track|wbr")
_TABLE_PARTS: Final = {
    "tr": re.compile(r"table|thead|tbody|tfoot|mj-table"),
    "td": re.compile(r"tr"),
    "th": re.compile(r"tr"),
    **dict.fromkeys(("thead", "tbody", "tfoot", "caption", "colgroup"), re.compile(r"(?:mj-)?table")),
    "col": re.compile(r"colgroup|(?:mj-)?table"),
}
"""Where parts of a table may be: anywhere else they end the cell that they are in."""
_TAG = re.compile(r"<[a-z][a-z0-9-]*(?:\s+[a-z][a-z0-9-]*=\"[^\"<>]*\")*\s*/?>")
_OPEN_TAG = re.compile(r"<[a-zA-Z/!?]")
_MARK = re.compile(r"\{\{|\}\}|\{%|%\}")
_CLOSING: Final = {"{{": "}}", "{%": "%}"}
_WORD = re.compile(r"\{%-?\s*(\w+)")
_BEGINS: Final = {"if": "endif", "unless": "endunless", "case": "endcase", "for": "endfor"}
_BETWEEN: Final = frozenset({"else", "elsif", "when"})


class UnclearSlot(Exception):
    """A slot that can't be read with certainty: an odd tag, the wrong element, or no end."""


@dataclass(frozen=True, slots=True)
class _Slot:
    element: str
    kind: str
    values: tuple[str, ...]
    content: str
    line: float | None
    """Height of its lines in pixels; None while they grow with their characters."""


@dataclass(frozen=True, slots=True)
class _Outline:
    locked: tuple[str, ...]
    slots: tuple[_Slot, ...]


def count_slots(source: str) -> int:
    """Raises UnclearSlot."""
    return len(_outline(source).slots)


def keeps_locked_parts(source: str, originals: Collection[str]) -> bool:
    """Return whether it differs from an original only within slots, and each new text is complete."""
    try:
        written = _outline(source)
        same = [outline for original in originals if (outline := _outline(original)).locked == written.locked]
    except UnclearSlot:
        return False
    return bool(same) and all(
        _is_complete(slot) or any(outline.slots[at] == slot for outline in same)
        for at, slot in enumerate(written.slots)
    )


def _outline(source: str) -> _Outline:
    locked: list[str] = []
    slots: list[_Slot] = []
    done = 0
    tokens = scan(source)
    for end, token in tokens:
        if token.kind is not TokenKind.START or SLOT not in token.attributes:
            continue
        kind = _kind(token)
        values = tuple(token.attributes.get(name) or "" for name in sorted(_FREE.get(token.name, ())))
        begin, stop, after = end, end, end
        if kind != "image" and not token.self_closing:
            stop, after = _inner(tokens, token.name)
        locked += [source[done : end - len(token.text)], _description(token)]
        slots.append(_Slot(token.name, kind, values, source[begin:stop], _line(token)))
        done = after
    return _Outline((*locked, source[done:]), tuple(slots))


def _kind(token: Token) -> str:
    kind = token.attributes[SLOT] or ""
    written = len(re.findall(r"\s[a-z][a-z0-9-]*=\"", token.text))
    if token.name not in KINDS.get(kind, ()) or not _TAG.fullmatch(token.text) or written != len(token.attributes):
        raise UnclearSlot(token.text)
    return kind


def _line(token: Token) -> float | None:
    try:
        return line_within(token, None)
    except OutOfPlace:  # locked, so it's the designer's business
        return None


def _description(token: Token) -> str:
    free = _FREE.get(token.name, frozenset())
    kept = sorted((name, value or "") for name, value in token.attributes.items() if name not in free)
    return f"{token.name} {kept}"


def _inner(tokens: Iterator[tuple[int, Token]], name: str) -> tuple[int, int]:
    depth = 1
    for end, token in tokens:
        if token.name != name or token.kind not in (TokenKind.START, TokenKind.END) or token.self_closing:
            continue
        depth += 1 if token.kind is TokenKind.START else -1
        if not depth:
            return end - len(token.text), end
    raise UnclearSlot(name)


def _is_complete(slot: _Slot) -> bool:
    if not all(_is_complete_liquid(text) for text in (*slot.values, slot.content)):
        return False
    open_tags, lines = [slot.element], [slot.line]
    for _end, token in scan(slot.content):
        if token.kind is TokenKind.TEXT:
            if _OPEN_TAG.search(token.text):
                return False
        elif token.kind is TokenKind.END:
            if len(open_tags) == 1 or open_tags.pop() != token.name:
                return False
            lines.pop()
        elif token.kind is not TokenKind.START or not _may_be_in(token, slot.kind, open_tags[-1]):
            return False
        else:
            try:
                line = line_within(token, lines[-1])
            except OutOfPlace:
                return False
            if not (_VOID.fullmatch(token.name) or (token.self_closing and token.name.startswith("mj-"))):
                open_tags.append(token.name)
                lines.append(line)
    return len(open_tags) == 1


def _may_be_in(token: Token, kind: str, parent: str) -> bool:
    name = token.name
    if name.startswith("mj"):
        return kind == "rows" and _IN_ROWS.fullmatch(name) is not None
    if name in RAW_TEXT or _REFUSED.fullmatch(name):
        return False
    return name not in _TABLE_PARTS or _TABLE_PARTS[name].fullmatch(parent) is not None


def _is_complete_liquid(text: str) -> bool:
    """Each mark is closed, each condition ends, and nothing sets a value that other parts print."""
    waiting: list[str] = []
    at = 0
    while mark := _MARK.search(text, at):
        closing = _CLOSING.get(mark[0])
        end = text.find(closing, mark.end()) if closing else -1
        if end < 0:  # at once: to look for the end of each of many would take minutes
            return False
        at = end + 2
        if mark[0] == "{{":
            continue
        named = _WORD.match(text, mark.start(), end)
        word = named[1] if named else ""
        if word in _BEGINS:
            waiting.append(_BEGINS[word])
        elif waiting and word == waiting[-1]:
            waiting.pop()
        elif word not in _BETWEEN or not waiting:
            return False
    return not waiting
