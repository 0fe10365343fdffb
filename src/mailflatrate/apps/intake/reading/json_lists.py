"""JSON files that are one list of objects, read one by one, in bounded memory."""

import json
import re
from collections.abc import Iterator
from typing import Final

MOST_OBJECT_CHARACTERS: Final = 1024 * 1024
_FIRST_TRY_CHARACTERS: Final = 64 * 1024
_BETWEEN: Final = re.compile(r"[\ufeff\s,]*")


def is_json_list(lines: list[str]) -> bool:
    return "".join(lines[:2]).replace(" ", "").startswith("[{")


def json_objects(lines: Iterator[str]) -> Iterator[tuple[int, dict[str, object] | None]]:
    """With number; None for invalid JSON, which ends it. Retried after twice as much text, so the work stays linear."""
    read = json.JSONDecoder().raw_decode
    text, is_ended = _longer("", lines, _FIRST_TRY_CHARACTERS)
    at, number, most = text.find("[") + 1, 1, _FIRST_TRY_CHARACTERS
    while True:
        at = _BETWEEN.match(text, at).end()  # type: ignore[union-attr]  # it also matches nothing
        if text.startswith("]", at):
            return
        try:
            parsed, end = read(text, at)
        except RecursionError:
            yield number, None
            return
        except ValueError:
            parsed, end = None, at
        if isinstance(parsed, dict):
            yield number, parsed
            at, number, most = end, number + 1, _FIRST_TRY_CHARACTERS
            continue
        if end > at or is_ended or len(text) - at > MOST_OBJECT_CHARACTERS:
            if at < len(text):
                yield number, None  # no object, or one that is cut off or too large
            return
        text, is_ended = _longer(text[at:], lines, most)
        at, most = 0, 2 * most


def _longer(text: str, lines: Iterator[str], most: int) -> tuple[str, bool]:
    parts, length = [text], len(text)
    for line in lines:
        parts.append(line)
        length += len(line)
        if length >= most:
            return "".join(parts), False
    return "".join(parts), True
