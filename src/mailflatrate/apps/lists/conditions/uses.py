"""Where a segment is used, so that one in use isn't deleted. Later stages register the places that they know."""

from collections.abc import Callable

_PLACES: list[Callable[[int], list[str]]] = []


def register_place(find: Callable[[int], list[str]]) -> None:
    """Let a later stage name its uses of the segment with an id, as people call them."""
    _PLACES.append(find)


def uses_of(segment_id: int) -> list[str]:
    """Return the places that use a segment, as people call them."""
    return [name for find in _PLACES for name in find(segment_id)]
