"""Bounded reading of foreign JSON: a value of a wrong type counts as absent."""

import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from typing import Any, Final

from mailflatrate.mail.identifiers.tokens import TOKEN_PATTERN
from mailflatrate.mail.provider_events.values import PostRefused

MAX_OCTETS: Final = 8 * 1024 * 1024
MAX_EVENTS: Final = 10_000
MAX_TEXT: Final = 2_000
MAX_RAW: Final = 64 * 1024
KEY: Final = "mailflatrate"
"""The name that our token has among a provider's tags or metadata."""

_TOKEN = re.compile(TOKEN_PATTERN)
_STATUS = re.compile(r"[245]\.\d{1,3}\.\d{1,3}")

Json = Mapping[str, Any]


def load(raw: bytes) -> Any:
    """Raises PostRefused for anything that isn't bounded UTF-8 JSON."""
    if len(raw) > MAX_OCTETS:
        raise PostRefused("the post is too large")
    try:
        return json.loads(raw.decode("utf-8"), parse_constant=_no_constant)
    except (ValueError, RecursionError):
        raise PostRefused("the post isn't JSON") from None


def _no_constant(name: str) -> None:
    raise ValueError(name)


def objects(data: Any) -> list[Json]:
    events = data if isinstance(data, list) else [data]
    if len(events) > MAX_EVENTS:
        raise PostRefused("the post has too many events")
    if not all(isinstance(event, dict) for event in events):
        raise PostRefused("an event isn't an object")
    return events


def get(data: Any, *path: str | int) -> Any:
    for step in path:
        if isinstance(step, str) and isinstance(data, dict):
            data = data.get(step)
        elif isinstance(step, int) and isinstance(data, list) and len(data) > step:
            data = data[step]
        else:
            return None
    return data


def text(data: Any, *path: str | int, most: int = MAX_TEXT) -> str:
    """Text or number, cut to `most` characters; "" for anything else."""
    value = get(data, *path)
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return ""
    return str(value)[:most].strip()


def status(data: Any, *path: str | int, otherwise: str = "") -> str:
    code = text(data, *path, most=20)
    return code if _STATUS.fullmatch(code) else otherwise


def token(values: Iterable[str]) -> str:
    return next((match[0].lower() for value in values if (match := _TOKEN.search(value))), "")


def own_id(provider: str, *parts: str) -> str:
    """The same for the same event, however often it is posted."""
    return hashlib.sha256(json.dumps([provider, *parts]).encode()).hexdigest()


def as_posted(event: Json) -> str:
    """Compact JSON. Raises PostRefused for one that is too large to be kept."""
    try:
        whole = json.dumps(event, separators=(",", ":"), sort_keys=True)
    except RecursionError:
        raise PostRefused("an event is nested too deeply") from None
    if len(whole) > MAX_RAW:
        raise PostRefused("an event is too large")
    return whole
