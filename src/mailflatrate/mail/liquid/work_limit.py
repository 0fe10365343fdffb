"""Measures the work of one rendering in octets touched, the same on every machine: each character that a filter reads
or writes, and `STEP` for each tag, lookup and filter call. Kept per thread; restarts with each part.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from typing import Any

from liquid.exceptions import ResourceLimitError

TEXT_LIMIT = 100_000
"""Longest string, in characters, that a filter may take or give, and longest output of one part."""
WORK_LIMIT = 5_000_000
"""Octets that rendering one part for one recipient may touch; 30 to 50 ms at worst on the machines that we measured."""
MOST_SAMPLE_WORK = 2_000_000
"""What all parts of one message may cost where a campaign is checked: 20 ms at most on the machines we measured."""
STEP = 250
"""What a tag, a lookup or a filter call counts for besides the characters it touches: about one microsecond."""
START = 2_000
"""What the first tag of a run costs besides: a context is built."""
_READING_A_DATE = 10_000
LARGEST_INTEGER = 2**63 - 1
LONGEST_DATE_FORMAT = 200
LONGEST_DATE = 100
"""Longest text that is tried as a date; longer ones come back unchanged, like any text that isn't a date."""
_DEEPEST = 6
_ITEM = 8
_COSTLY = {"sort": 16, "sort_natural": 32, "strip_html": 40, "escape_once": 8, "url_encode": 8, "url_decode": 8}
"""Filters that do more with each character than to copy it."""


class _Meter(threading.local):
    left: int = WORK_LIMIT


_METER = _Meter()


def start_work() -> None:
    _METER.left = WORK_LIMIT


def work_done() -> int:
    return WORK_LIMIT - _METER.left


def spend(octets: int) -> None:
    """Raises ResourceLimitError if the limit is used up."""
    _METER.left -= octets
    if _METER.left < 0:
        raise ResourceLimitError("work limit reached", token=None)


def weigh(value: object, depth: int = _DEEPEST) -> int:
    if isinstance(value, str):
        return len(value)
    if isinstance(value, range):
        return _ITEM * _length(value)
    if isinstance(value, list | tuple):
        return _ITEM * len(value) + (sum(weigh(item, depth - 1) for item in value) if depth else 0)
    if isinstance(value, Mapping):
        return _ITEM * len(value) + (sum(weigh(item, depth - 1) for item in value.values()) if depth else 0)
    return _ITEM


def _length(numbers: range) -> int:
    try:
        return len(numbers)
    except OverflowError:
        return WORK_LIMIT


def weigh_lookup(value: object) -> int:
    if isinstance(value, str):
        return len(value)
    if isinstance(value, list | tuple | Mapping):
        return _ITEM * len(value)
    return _ITEM


def refuse_large(name: str, value: object) -> None:
    """Raise ResourceLimitError for a text or list past `TEXT_LIMIT` and a number past 64 bits."""
    if isinstance(value, str | list | tuple) and len(value) > TEXT_LIMIT:
        raise ResourceLimitError(f"{name}: the value is too long", token=None)
    if isinstance(value, range) and _length(value) > TEXT_LIMIT:
        raise ResourceLimitError(f"{name}: the value is too long", token=None)
    if isinstance(value, int) and not -LARGEST_INTEGER <= value <= LARGEST_INTEGER:
        raise ResourceLimitError(f"{name}: the number is too large", token=None)


def metered(name: str, function: Callable[..., Any]) -> Callable[..., Any]:
    factor = _COSTLY.get(name, 2)

    def call(value: object, *args: object, **named: object) -> object:
        given = (value, *args, *(argument for key, argument in named.items() if key not in _SERVICES))
        for argument in given:
            refuse_large(name, argument)
        weight = sum(weigh(argument) for argument in given)
        spend(STEP + factor * weight)
        _refuse_growth(name, value, args)
        if name == "date" and args:
            if len(str(args[0])) > LONGEST_DATE_FORMAT:
                raise ResourceLimitError("date: the value is too long", token=None)
            if isinstance(value, str) and len(value) > LONGEST_DATE:
                return value
            spend(_READING_A_DATE * isinstance(value, str))
        result = function(value, *args, **named)
        if _is_large(result):
            raise ResourceLimitError(f"{name}: the result is too long", token=None)
        refuse_large(name, result)
        spend(weigh(result, 1))
        return result

    for attribute in ("validate", "with_context", "with_environment"):
        if hasattr(function, attribute):
            setattr(call, attribute, getattr(function, attribute))
    return call


_SERVICES = frozenset({"context", "environment"})


def _is_large(value: object) -> bool:
    return isinstance(value, str | list | tuple) and len(value) > TEXT_LIMIT


def _refuse_growth(name: str, value: object, args: tuple[object, ...]) -> None:
    if name == "replace" and args:
        text, old, new = str(value), str(args[0]), str(args[1]) if len(args) > 1 else ""
        if len(text) + (text.count(old) if old else len(text) + 1) * len(new) > TEXT_LIMIT:
            raise ResourceLimitError("replace: the result is too long", token=None)
    elif name == "join" and isinstance(value, list | tuple | range):
        separator = len(str(args[0])) if args else 1
        if weigh(value) + separator * len(value) > 10 * TEXT_LIMIT:
            raise ResourceLimitError("join: the result is too long", token=None)
    elif name == "uniq" and isinstance(value, list | tuple):
        spend(len(value) ** 2)


def strip_html(value: object) -> str:
    text = str(value)
    lowered = text.lower()
    if len(lowered) != len(text):  # a few letters have more than one lowercase form
        lowered = text
    parts: list[str] = []
    at = 0
    while (start := text.find("<", at)) >= 0:
        closing = next((end for begin, end in _WITH_CONTENT if lowered.startswith(begin, start)), ">")
        end = lowered.find(closing, start)
        if end < 0:
            break
        parts.append(text[at:start])
        at = end + len(closing)
    return "".join((*parts, text[at:]))


_WITH_CONTENT = (("<!--", "-->"), ("<script", "</script>"), ("<style", "</style>"))


def without_tags(markup: str) -> str:
    if "<" not in markup:
        return markup
    parts: list[str] = []
    at = 0
    while (start := markup.find("<", at)) >= 0:
        end = markup.find(">", start)
        if end < 0:
            break
        parts.append(markup[at:start])
        at = end + 1
    return "".join((*parts, markup[at:]))
