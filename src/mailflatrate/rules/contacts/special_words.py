"""The words in field names for data that needs more care; `special_words.toml` has them and says what they mean."""

import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

Words = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class CategoryWords:
    inside: Words = ()
    starts: Words = ()
    words: Words = ()
    names: Words = ()


@dataclass(frozen=True, slots=True)
class SpecialWords:
    categories: Mapping[str, CategoryWords]
    child: Words
    birth: Words
    yearly: Words

    def protected(self, which: Callable[[CategoryWords], Words]) -> frozenset[str]:
        return frozenset(word for category in self.categories.values() for word in which(category))


@cache
def special_words() -> SpecialWords:
    tables = tomllib.loads((Path(__file__).parent / "special_words.toml").read_text("utf-8"))
    categories = {
        name: CategoryWords(**{kind: tuple(words) for kind, words in kinds.items()})
        for name, kinds in tables.pop("categories").items()
    }
    return SpecialWords(categories, **{name: tuple(words) for name, words in tables.items()})
