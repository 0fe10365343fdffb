"""Finds Liquid outputs in URLs and CSS that could begin a scheme with the text around them, as `{{ 'javascript'
}}:alert(1)` does. Text in one branch does not decide what another branch prints.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from mailflatrate.mail.liquid.protect import ProtectedText

_SETTLES = re.compile(r"[:/?#]")
_CONTROL = re.compile(r"[\x00-\x20]+")
_URL = re.compile(r"(?:url\(|@import)\s*+[\"']?+(?P<target>[^)\"';]*+)", re.IGNORECASE)
_COMMENT = re.compile(r"/\*(?:[^*]|\*(?!/))*+(?:\*/)?+")
_ACTS = frozenset("(:")
_OPENS, _TURNS, _ENDS = ("if", "unless", "case"), ("else", "elsif", "when"), ("endif", "endunless", "endcase")


@dataclass(frozen=True, slots=True)
class _State:
    """What is known up to some position, whichever branches were taken. `begun`: something may have been written.
    `pending`: an output that may have added a scheme may be the last thing written.
    """

    settled: bool = False
    begun: bool = False
    pending: bool = False

    def joined(self, other: _State) -> _State:
        return _State(self.settled and other.settled, self.begun or other.begun, self.pending or other.pending)


@dataclass(slots=True)
class _Block:
    before: _State
    ends: list[_State] = field(default_factory=list)
    has_else: bool = False


def find_scheme_outputs(pieces: Sequence[str], protected: ProtectedText) -> set[int] | None:
    """Return the outputs whose value may contain the scheme. `pieces` alternate between fixed text and word numbers.
    None if one could form a scheme with its neighbors: after it only `/`, `?`, `#` or nothing may follow.
    """
    state, blocks, outputs = _State(), list[_Block](), set[int]()
    for at, piece in enumerate(pieces):
        if at % 2 == 0:
            after = _after_text(state, _CONTROL.sub("", piece))
        elif protected.is_output(int(piece)):
            after = _after_output(state)
            if not state.settled:
                outputs.add(int(piece))
        else:
            after = _after_tag(state, blocks, protected.tags[int(piece)])
        if after is None:
            return None
        state = after
    return outputs


def _after_text(state: _State, text: str) -> _State | None:
    if not text or state.settled:
        return state
    if state.pending:
        return replace(state, settled=True, pending=False) if text[0] in "/?#" else None
    return replace(state, settled=bool(_SETTLES.search(text)), begun=True)


def _after_output(state: _State) -> _State | None:
    if state.settled:
        return state
    return None if state.begun else _State(begun=True, pending=True)


def _after_tag(state: _State, blocks: list[_Block], tag: str) -> _State | None:
    name = re.sub(r"^\{%-?\s*", "", tag).split("%", 1)[0].split()
    word = name[0].rstrip("-") if name else ""
    if word in _OPENS:
        blocks.append(_Block(state))
    elif word in _TURNS and blocks:
        block = blocks[-1]
        # Nothing is printed between `case` and its first `when`.
        block.ends.append(state)
        block.has_else = block.has_else or word == "else"
        return block.before
    elif word in _ENDS and blocks:
        block = blocks.pop()
        for end in (*block.ends, *(() if block.has_else else (block.before,))):
            state = state.joined(end)
    elif word in ("for", "endfor", "capture", "endcapture") and not state.settled:
        return None  # a loop may write its body several times
    return state


@dataclass(frozen=True, slots=True)
class StyleOutputs:
    urls: frozenset[int]
    values: frozenset[int]


def find_style_outputs(css: str, protected: ProtectedText) -> StyleOutputs | None:
    word = protected.word
    css = _COMMENT.sub("", css)
    urls: set[int] = set()
    inside: set[int] = set()
    for match in _URL.finditer(css):
        pieces = word.split(match["target"])
        inside.update(int(number) for number in pieces[1::2])
        outputs = find_scheme_outputs(pieces, protected)
        if outputs is None:
            return None
        urls |= outputs
    pieces = word.split(css)
    numbers = [int(number) for number in pieces[1::2]]
    follows = ""
    for number, text in zip(reversed(numbers), reversed(pieces[2::2]), strict=True):
        follows = text.strip()[:1] or follows
        if protected.is_output(number) and number not in inside and follows in _ACTS:
            return None
    values = {number for number in numbers if protected.is_output(number)} - inside
    return StyleOutputs(frozenset(urls), frozenset(values))
