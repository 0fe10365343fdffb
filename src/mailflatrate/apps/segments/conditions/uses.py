"""Where a segment is used, so that one in use isn't deleted."""

from collections.abc import Callable

_PLACES: list[Callable[[int], list[str]]] = []


def register_place(find: Callable[[int], list[str]]) -> None:
    _PLACES.append(find)


def uses_of(segment_id: int) -> list[str]:
    return [name for find in _PLACES for name in find(segment_id)]
