"""Where a segment is used, so that one in use isn't deleted. Later stages register their places."""

from collections.abc import Callable

_PLACES: list[Callable[[int], list[str]]] = []


def register_place(find: Callable[[int], list[str]]) -> None:
    """Register a function that returns a later stage's uses of a segment, under the names that pages show."""
    _PLACES.append(find)


def uses_of(segment_id: int) -> list[str]:
    """Return the places that use a segment, under the names that pages show."""
    return [name for find in _PLACES for name in find(segment_id)]
