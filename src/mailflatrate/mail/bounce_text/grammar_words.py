"""The vocabulary of `grammar`, read from `grammar.toml`, which says what each kind of word means."""

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

Words = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class GrammarWords:
    name: str
    recipient: Words = ()
    domain: Words = ()
    sender: Words = ()
    other: Words = ()
    absent: Words = ()
    weak: Words = ()
    none: Words = ()
    held: Words = ()
    full: Words = ()


@dataclass(frozen=True, slots=True)
class GrammarVocabulary:
    """Languages that put spaces between words, those that don't (`east`), and words about a state that ends."""

    languages: tuple[GrammarWords, ...]
    east: GrammarWords
    temporary: Words
    passing: Words


@cache
def vocabulary() -> GrammarVocabulary:
    tables = tomllib.loads((Path(__file__).parent / "grammar.toml").read_text("utf-8"))
    languages = tuple(_language(**language) for language in tables.pop("languages"))
    east = _language(**tables.pop("east"))
    return GrammarVocabulary(languages, east, **{name: tuple(words) for name, words in tables.items()})


def _language(
    name: str, absent: Sequence[str] = (), pairs: Sequence[Mapping[str, Sequence[str]]] = (), **words: Sequence[str]
) -> GrammarWords:
    combined = [f"{first} {second}" for pair in pairs for first in pair["first"] for second in pair["second"]]
    others = {field: tuple(phrases) for field, phrases in words.items()}
    return GrammarWords(name, absent=(*combined, *absent), **others)
