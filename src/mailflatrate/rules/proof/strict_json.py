"""Reads signed JSON so that every reader sees the same: RFC 8259 section 4 leaves open which of two members with the
same name counts.
"""

import json
from typing import Any


def read_json(text: bytes | str) -> Any:
    """Raises ValueError for what readers could understand differently, and RecursionError for too deep a nesting."""
    return json.loads(text, object_pairs_hook=_once, parse_constant=_no_number)


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("an object names a member twice")
    return found


def _no_number(name: str) -> Any:
    raise ValueError(f"{name} is no number in JSON")
