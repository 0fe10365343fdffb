"""The phrases of `phrases.toml`, which tie words of a diagnostic text to a reason, and the search over them."""

import tomllib
from collections import Counter
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from mailflatrate.mail.reading.values import BounceReason

_GRAM = 4


@dataclass(frozen=True, slots=True)
class Phrases:
    reason: BounceReason
    writer: str
    phrases: tuple[str, ...]


def grams_of(text: str) -> AbstractSet[str]:
    return {text[at : at + _GRAM] for at in range(len(text) - _GRAM + 1)}


class PhraseTable:
    """Rows in order of trust, searched as if phrase by phrase: a hot path with hundreds of phrases, so each is indexed
    by one run of four characters and searched for only where that run occurs.
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
        """`text` in lower case with single spaces; `grams` are its runs of four."""
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


@dataclass(frozen=True, slots=True)
class PhraseTables:
    providers: PhraseTable
    message: PhraseTable
    rate: PhraseTable
    sender: PhraseTable
    mail_from: PhraseTable
    upkeep: PhraseTable
    living: PhraseTable
    route: PhraseTable
    dead: PhraseTable
    lone: PhraseTable
    queue: PhraseTable
    rest: PhraseTable
    vague: PhraseTable


@cache
def phrase_tables() -> PhraseTables:
    tables = tomllib.loads((Path(__file__).parent / "phrases.toml").read_text("utf-8"))
    return PhraseTables(**{name: PhraseTable(*(_row(**row) for row in rows)) for name, rows in tables.items()})


def _row(reason: str, writer: str, phrases: list[str]) -> Phrases:
    return Phrases(BounceReason(reason), writer, tuple(phrases))
