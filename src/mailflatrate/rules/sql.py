"""The rules as SQL: every statement and trigger that asks what a rule decides takes its condition from here.

Statements in Python call the functions. The files `apps/<app>/sql/*.sql` have placeholders for them, such as
`{{campaign_states(RUNNING)}}`, which `migrate` fills in (ADR 0038).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from enum import Enum

from mailflatrate.rules import campaign_states as states

_PLACEHOLDER = re.compile(r"\{\{(\w+)(?:\(([^()]*)\))?\}\}")


class UnknownFragment(ValueError):
    """A placeholder that no rule fills in."""


def names(values: Iterable[Enum | str]) -> str:
    """Return values as an SQL list, such as `('a', 'b')`."""
    return "({})".format(", ".join(f"'{each.value if isinstance(each, Enum) else each}'" for each in values))


def campaign_states(name: str) -> str:
    """Return a set of campaign states, by its name in `rules.campaign_states`, as an SQL list."""
    return names(getattr(states, name))


FRAGMENTS: dict[str, Callable[..., str]] = {"campaign_states": campaign_states}
"""What a placeholder may name; its arguments are SQL, divided by commas."""


def fill_in(text: str) -> str:
    """Return SQL with its placeholders filled in. Raises UnknownFragment."""
    return _PLACEHOLDER.sub(_filled, text)


def _filled(found: re.Match[str]) -> str:
    make = FRAGMENTS.get(found[1])
    if make is None:
        raise UnknownFragment(found[0])
    return make(*(each.strip() for each in (found[2] or "").split(",") if each.strip()))
