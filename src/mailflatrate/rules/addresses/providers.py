"""Providers of personal mailboxes: their domains, and common typos of their names (R-24, R-46)."""

import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

_MIN_GUESSED_LENGTH = 5
"""Shorter names have too many legitimate neighbors that differ by one character."""


@dataclass(frozen=True, slots=True)
class _Providers:
    all: frozenset[str]
    by_deletion: dict[str, dict[str, tuple[str, ...]]]
    """Ending -> name with one character removed -> names of providers: finds near misses without a search."""
    typos: dict[str, str]
    endings: dict[str, str]
    neighbours: frozenset[str]


def is_freemail(domain: str) -> bool:
    """Return True for a domain where anyone can open a personal mailbox. `domain` is a lower-case A-label."""
    return domain in _providers().all


def suggest_domain(domain: str) -> str | None:
    """Only a suggestion (R-24): consent belongs to the address that was typed, so nothing may replace it silently."""
    providers = _providers()
    if domain in providers.all or domain in providers.neighbours:
        return None
    if domain in providers.typos:
        return providers.typos[domain]
    name, _, ending = domain.rpartition(".")
    right_ending = providers.endings.get(ending, ending)
    if f"{name}.{right_ending}" in providers.all:
        return f"{name}.{right_ending}"
    for candidate in _near(name, right_ending, providers):
        if one_slip(name, candidate):
            return f"{candidate}.{right_ending}"
    return f"{name}.{right_ending}" if right_ending != ending and "." not in name else None


def _near(name: str, ending: str, providers: _Providers) -> tuple[str, ...]:
    if len(name) < _MIN_GUESSED_LENGTH - 1 or "." in name:
        return ()
    names = providers.by_deletion.get(ending)
    if names is None:
        return ()
    candidates: dict[str, None] = {}
    for shorter in (name, *_deletions(name)):
        if shorter in names:
            candidates.update(dict.fromkeys(names[shorter]))
    return tuple(candidates)


def _deletions(name: str) -> list[str]:
    return [name[:i] + name[i + 1 :] for i in range(len(name))]


def one_slip(typed: str, meant: str) -> bool:
    if typed == meant or abs(len(typed) - len(meant)) > 1:
        return False
    if len(typed) == len(meant):
        differing = [i for i, (a, b) in enumerate(zip(typed, meant, strict=True)) if a != b]
        if len(differing) == 1:
            return True
        return (
            len(differing) == 2
            and differing[1] == differing[0] + 1
            and typed[differing[0]] == meant[differing[1]]
            and typed[differing[1]] == meant[differing[0]]
        )
    longer, shorter = (typed, meant) if len(typed) > len(meant) else (meant, typed)
    return shorter in _deletions(longer)


@cache
def _providers() -> _Providers:
    table = tomllib.loads(Path(__file__).with_name("providers.toml").read_text("utf-8"))
    guessed = [domain for group in table["group"] if group["suggest"] for domain in group["domains"]]
    by_deletion: dict[str, dict[str, tuple[str, ...]]] = {}
    for domain in guessed:
        name, _, ending = domain.partition(".")
        if len(name) >= _MIN_GUESSED_LENGTH:
            names = by_deletion.setdefault(ending, {})
            for key in (name, *_deletions(name)):
                if name not in names.get(key, ()):
                    names[key] = (*names.get(key, ()), name)
    return _Providers(
        all=frozenset(domain for group in table["group"] for domain in group["domains"]),
        by_deletion=by_deletion,
        typos=dict(table["typos"]),
        endings=dict(table["endings"]),
        neighbours=frozenset(table["neighbours"]["domains"]),
    )
