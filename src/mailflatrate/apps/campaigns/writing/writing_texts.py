"""The texts of a draft that writing help knows: subject, preview text, each text and picture of the content."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from mailflatrate.apps.campaigns.content.convert import source_format
from mailflatrate.apps.campaigns.models import Campaign
from mailflatrate.mail.writing.mask import MaskedText, TextForm, TextRefused, mask
from mailflatrate.mail.writing.passages import (
    MOST_CHARACTERS_AROUND,
    PassageKind,
    SourcePassage,
    find_passages,
    form_of,
    picture_values,
    replaced,
    with_alt,
)

LINES: Final = ("subject", "preheader")
LONGEST_LINE: Final = 200
LONGEST_ALT: Final = 300
MOST_FROM_CONTENT: Final = 4_000


@dataclass(frozen=True, slots=True)
class DraftText:
    """`key`: `subject`, `preheader`, `text:3` or `picture:2`; `old`: its source; `shown`: plain words or an address."""

    key: str
    old: str
    shown: str

    @property
    def part(self) -> str:
        return part_of(self.key)


def part_of(key: str) -> str:
    """Return what a text with this key is: subject, preheader, text or picture."""
    return key.partition(":")[0]


def texts_of(version: Campaign) -> list[DraftText]:
    texts = [
        DraftText(name, getattr(version, name), masked.words)
        for name in LINES
        if (masked := masked_or_none(getattr(version, name), TextForm.LINE)) is not None
    ]
    kind, numbers = source_format(version.content_kind), dict.fromkeys(PassageKind, 0)
    for passage in find_passages(version.content, kind):
        numbers[passage.kind] += 1
        key = f"{passage.kind.value}:{numbers[passage.kind]}"
        if passage.kind is PassageKind.PICTURE:
            texts.append(DraftText(key, passage.source, picture_values(passage.source)[0]))
        elif (masked := masked_or_none(passage.source, form_of(kind))) is not None:
            texts.append(DraftText(key, passage.source, masked.words))
    return texts


def masked_or_none(source: str, form: TextForm) -> MaskedText | None:
    try:
        return mask(source, form)
    except TextRefused:
        return None


def form_of_text(version: Campaign, key: str) -> TextForm:
    return form_of(source_format(version.content_kind)) if part_of(key) == "text" else TextForm.LINE


def words_of_content(version: Campaign) -> str:
    return "\n\n".join(_words_around(version, None))[:MOST_FROM_CONTENT]


def words_around(version: Campaign, key: str) -> str:
    place = _place_of(version, key)
    return "\n\n".join(_words_around(version, place))[: 2 * MOST_CHARACTERS_AROUND] if place else ""


def _words_around(version: Campaign, picture: SourcePassage | None) -> list[str]:
    kind = source_format(version.content_kind)
    texts = [passage for passage in find_passages(version.content, kind) if passage.kind is PassageKind.TEXT]
    if picture is not None:
        before = [text for text in texts if text.start < picture.start][-1:]
        texts = before + [text for text in texts if text.start > picture.start][:1]
    masked = (masked_or_none(text.source, form_of(kind)) for text in texts)
    most = MOST_CHARACTERS_AROUND if picture else MOST_FROM_CONTENT
    return [masked_text.words[:most] for masked_text in masked if masked_text is not None]


def _place_of(version: Campaign, key: str) -> SourcePassage | None:
    part, _colon, number = key.partition(":")
    kind = source_format(version.content_kind)
    same = [passage for passage in find_passages(version.content, kind) if passage.kind.value == part]
    at = int(number) - 1 if number.isdecimal() else -1
    return same[at] if 0 <= at < len(same) else None


def with_text(version: Campaign, key: str, old: str, new: str) -> Mapping[str, Any] | None:
    """None if `old` is gone. A text that moved is replaced where the same source is first."""
    part = part_of(key)
    if part in LINES:
        return {part: new} if getattr(version, part) == old else None
    passage = _place_of(version, key)
    if passage is None or passage.source != old:
        every = find_passages(version.content, source_format(version.content_kind))
        passage = next(
            (candidate for candidate in every if candidate.kind.value == part and candidate.source == old), None
        )
    if passage is None:
        return None
    text = with_alt(old, new) if part == "picture" else new
    return {"content": replaced(version.content, passage, text)}
