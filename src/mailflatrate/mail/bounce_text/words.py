"""The shape of a row that ties words to a reason, and how rows are searched."""

from collections import Counter
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from mailflatrate.mail.reading.values import BounceReason

_GRAM = 4


@dataclass(frozen=True, slots=True)
class Phrases:
    """Phrases (lower case; `*` stands for any text between two pieces) that `writer` uses for `reason`."""

    reason: BounceReason
    writer: str
    phrases: tuple[str, ...]


def grams_of(text: str) -> AbstractSet[str]:
    """Every run of four characters in `text`: what a table is asked with, so that few of its phrases are looked for."""
    return {text[at : at + _GRAM] for at in range(len(text) - _GRAM + 1)}


class PhraseTable:
    """Rows in the order in which they are believed, searched as if one phrase after the other was looked for.

    Failures are a hot path and the phrases many hundreds: each is filed under one run of four characters of its own,
    and only those whose run occurs in the text are looked for.
    """

    __slots__ = ("_by_gram", "_entries", "_short", "rows")

    def __init__(self, *rows: Phrases) -> None:
        self.rows = rows
        self._entries: list[tuple[str, tuple[str, ...], Phrases]] = []
        for row in rows:
            for phrase in row.phrases:
                first, *rest = phrase.split("*")
                self._entries.append((first, tuple(rest), row))
        common = Counter(gram for first, _, _ in self._entries for gram in grams_of(first))
        self._by_gram: dict[str, list[int]] = {}
        self._short: list[int] = []
        for number, (first, _, _) in enumerate(self._entries):
            grams = sorted(grams_of(first), key=lambda gram: (common[gram], gram))
            (self._by_gram.setdefault(grams[0], []) if grams else self._short).append(number)

    def find(self, text: str, grams: AbstractSet[str] | None = None) -> Phrases | None:
        """The first row with a phrase that occurs in `text` (lower case, single spaces); `grams` are those of it."""
        likely = list(self._short)
        for gram in self._by_gram.keys() & (grams_of(text) if grams is None else grams):
            likely += self._by_gram[gram]
        for number in sorted(likely):
            first, rest, row = self._entries[number]
            at = text.find(first)
            if at >= 0 and (not rest or _follows(text, at + len(first), rest)):
                return row
        return None


def _follows(text: str, at: int, rest: tuple[str, ...]) -> bool:
    for piece in rest:
        at = text.find(piece, at)
        if at < 0:
            return False
        at += len(piece)
    return True
