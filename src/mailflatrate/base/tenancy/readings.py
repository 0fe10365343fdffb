"""Readings that several parts of one page or check ask for, and the database answers once.

    with tenancy.reading_once():
        ...  # functions marked @tenancy.read_once ask once for each scope; nothing is kept after the block

Only what is read outside such a block, or in a new one, shows what has been written since. So a block holds code that
writes nothing of what they read: gathering the facts for the rules, drawing a page, or releasing a campaign.
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
    """Keep the readings of functions marked `@read_once` until the block ends.

    A block inside another shares them, except with `anew`: what decides reads what holds now.
    """
    if _taken.get() is not None and not anew:
        yield
        return
    token = _taken.set({})
    try:
        yield
    finally:
        _taken.reset(token)


def read_once(function: Callable[P, R]) -> Callable[P, R]:
    """Let a function read once for each scope and arguments within `reading_once`; elsewhere it reads each time.

    Its callers get the same object, so they change nothing in it.
    """

    @wraps(function)
    def read(*args: P.args, **arguments: P.kwargs) -> R:
        taken = _taken.get()
        if taken is None:
            return function(*args, **arguments)
        asked = (function, current_scope(), args, tuple(sorted(arguments.items())))
        if asked not in taken:
            taken[asked] = function(*args, **arguments)
        found: R = taken[asked]
        return found

    return read
