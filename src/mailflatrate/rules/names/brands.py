"""Brand names and who may use which (R-45): `brands.csv`, and the operator's `MAILFLATRATE_BRANDS_FILE` of the same
form, in which a line beginning with `-` removes a brand.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from enum import Enum
from functools import cache
from itertools import pairwise
from pathlib import Path

from mailflatrate.mail.address import suffixes
from mailflatrate.rules.names.domains import registrable
from mailflatrate.rules.names.scripts import skeleton, words_of

_SPLIT_FROM = 6
"""From this length on a brand is also found in two words: `Docu Sign`."""
_GLUED_FROM = 7
"""From this length on a brand is also found inside a longer word: `CoinbaseWallet`."""


class BrandKind(Enum):
    DISTINCT = "d"
    WORD = "w"
    SHARED = "s"


@dataclass(frozen=True, slots=True)
class Brand:
    """One brand. `domains` are patterns: `paypal.*` (that name under the usual endings), `*bank.de`, `bahn.de`."""

    name: str
    kind: BrandKind
    domains: tuple[str, ...]

    def owns(self, domain: str) -> bool:
        return any(_matches(pattern, domain) for pattern in self.domains)


@dataclass(frozen=True, slots=True)
class Brands:
    all: tuple[Brand, ...]
    _by_first: dict[str, tuple[tuple[tuple[str, ...], Brand], ...]] = field(repr=False, compare=False)
    _glued: tuple[tuple[str, Brand], ...] = field(repr=False, compare=False)

    def named_in(self, text: str) -> Iterator[Brand]:
        words = _split(text)
        seen: set[str] = set()
        for at, word in enumerate(words):
            for parts, brand in self._by_first.get(word, ()):
                if words[at : at + len(parts)] != parts or brand.name in seen:
                    continue
                others = words[:at] + words[at + len(parts) :]
                if brand.kind is not BrandKind.WORD or all(is_service_word(other) for other in others):
                    seen.add(brand.name)
                    yield brand
        chunks = {"".join(words_of(chunk)) for chunk in skeleton(text).split()}
        chunks |= {_joined(chunk) for chunk in chunks}
        if len(words) > 2 and all(len(word) == 1 for word in words):
            chunks.add("".join(words))  # T E M U
        pairs = {first + other for first, other in pairwise(words) if len(first + other) >= _SPLIT_FROM}  # Docu Sign
        for packed, brand in self._glued:
            inside = len(packed) >= _GLUED_FROM and any(packed in chunk for chunk in chunks)
            if brand.name not in seen and (inside or packed in chunks or packed in pairs):
                seen.add(brand.name)
                yield brand


def _joined(word: str) -> str:
    return word.replace("rn", "m").replace("vv", "w")


def _split(text: str) -> tuple[str, ...]:
    return words_of(skeleton(text).replace("'", "").replace("’", ""))


def is_service_word(word: str) -> bool:
    return word in _service_words() or word.isdecimal() or len(word) == 1


@cache
def _service_words() -> frozenset[str]:
    lines = (Path(__file__).parent / "service_words.txt").read_text("utf-8").splitlines()
    return frozenset(skeleton(line) for line in lines if not line.startswith("#"))


def _matches(pattern: str, domain: str) -> bool:
    house = registrable(domain) or domain
    if pattern.endswith(".*"):
        label, _, suffix = house.partition(".")
        return label == pattern[:-2] and _is_staid(suffix)
    if "*" in pattern:
        form = re.escape(pattern).replace(r"\*", r"[a-z0-9-]*")
        return re.fullmatch(form, house) is not None or re.fullmatch(rf"(?:.*\.)?{form}", domain) is not None
    return domain == pattern or domain.endswith(f".{pattern}")


def _is_staid(suffix: str) -> bool:
    last = suffix.rpartition(".")[2]
    return suffix in ("com", "net", "org", "eu") or (len(last) == 2 and last.isalpha())


def read_brands(lines: Iterable[str]) -> tuple[Brand, ...]:
    """Read lines `name;kind;domains`. Raises ValueError naming the invalid line."""
    brands = []
    for line in lines:
        text = line.partition("#")[0].strip() if line.lstrip().startswith("#") else line.strip()
        if not text:
            continue
        name, _, rest = text.partition(";")
        kind, _, domains = rest.partition(";")
        try:
            brands.append(Brand(name.strip(), BrandKind(kind.strip()), tuple(domains.lower().split())))
        except ValueError as problem:
            raise ValueError(f"not a valid line of the brand list (name;kind;domains): {line.strip()!r}") from problem
    return tuple(brands)


def brands_of(brands: Iterable[Brand]) -> Brands:
    by_name = {brand.name.casefold(): brand for brand in brands}
    by_first: dict[str, list[tuple[tuple[str, ...], Brand]]] = {}
    glued = []
    for brand in by_name.values():
        parts = _split(brand.name)
        by_first.setdefault(parts[0], []).append((parts, brand))
        if brand.kind is not BrandKind.WORD:
            glued.append(("".join(parts), brand))
    frozen = {first: tuple(entries) for first, entries in by_first.items()}
    return Brands(tuple(by_name.values()), frozen, tuple(glued))


@cache
def shipped_brands() -> Brands:
    return load_brands(None)


@cache
def load_brands(own_file: Path | None) -> Brands:
    """Return the shipped list with the operator's changes. Raises OSError, ValueError for an invalid file."""
    suffixes()
    shipped = read_brands((Path(__file__).parent / "brands.csv").read_text("utf-8").splitlines())
    lines = own_file.read_text("utf-8").splitlines() if own_file else []
    removed = {
        line.lstrip()[1:].partition(";")[0].strip().casefold() for line in lines if line.lstrip().startswith("-")
    }
    added = read_brands(line for line in lines if not line.lstrip().startswith("-"))
    return brands_of([brand for brand in (*shipped, *added) if brand.name.casefold() not in removed])
