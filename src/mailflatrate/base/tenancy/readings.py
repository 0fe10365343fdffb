"""Readings that the database answers once for each scope within `with tenancy.reading_once()`. A block doesn't show
what was written since, so it holds code that writes nothing of what it reads: gathering the facts for the rules,
drawing a page, or releasing a campaign.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import wraps
from typing import Any, ParamSpec, TypeVar

from mailflatrate.base.tenancy.scope import current_scope

P = ParamSpec("P")
R = TypeVar("R")
_taken: ContextVar[dict[Any, Any] | None] = ContextVar("tenancy_readings", default=None)


@contextmanager
def reading_once(*, anew: bool = False) -> Iterator[None]:
    """A block inside another shares its readings, except with `anew`: what decides reads what holds now."""
    if _taken.get() is not None and not anew:
        yield
        return
    token = _taken.set({})
    try:
        yield
    finally:
        _taken.reset(token)


def read_once(function: Callable[P, R]) -> Callable[P, R]:
    """Within `reading_once`, read once for each scope and arguments. Callers share the object and don't change it."""

    @wraps(function)
    def read(*args: P.args, **arguments: P.kwargs) -> R:
        taken = _taken.get()
        if taken is None:
            return function(*args, **arguments)
        asked = (function, current_scope(), args, tuple(sorted(arguments.items())))
        if asked not in taken:
            taken[asked] = function(*args, **arguments)
        reading: R = taken[asked]
        return reading

    return read
