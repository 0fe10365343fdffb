"""Scores a message with SpamAssassin's daemon or rspamd. It only advises: without an answer the result is None."""

from __future__ import annotations

import json
import re
import socket
from dataclasses import dataclass
from urllib.parse import urlsplit

from mailflatrate.wire.deadline import Deadline
from mailflatrate.wire.http_post import post

_TIMEOUT_SECONDS = 10.0
_MOST_OCTETS = 256 * 1024
_SPAM = re.compile(rb"^Spam:\s*\w+\s*;\s*(-?[\d.]+)\s*/\s*(-?[\d.]+)", re.MULTILINE | re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class FilterAnswer:
    """A message's `score`; a score of `needed` or more means spam. `tests` are the names of the rules that matched."""

    score: float
    needed: float
    tests: tuple[str, ...]


def ask_spam_filter(place: str, message: bytes) -> FilterAnswer | None:
    """Score a message. `place` is `spamd://host:783` or the http address of rspamd."""
    try:
        if place.startswith("spamd://"):
            return read_spamd(_ask_spamd(place, message))
        return read_rspamd(_ask_rspamd(place, message))
    except (OSError, ValueError):
        return None


def _ask_spamd(place: str, message: bytes) -> bytes:
    parts = urlsplit(place)
    with (
        Deadline(_TIMEOUT_SECONDS) as deadline,
        deadline.connect(parts.hostname or "", parts.port or 783, silence_seconds=_TIMEOUT_SECONDS) as stream,
    ):
        stream.sendall(b"SYMBOLS SPAMC/1.5\r\nContent-length: %d\r\n\r\n" % len(message) + message)
        stream.shutdown(socket.SHUT_WR)
        answer = b""
        while len(answer) < _MOST_OCTETS and (piece := stream.recv(8192)):
            answer += piece
        return answer


def _ask_rspamd(place: str, message: bytes) -> bytes:
    address = f"{place.rstrip('/')}/checkv2"
    return post(address, message, {}, seconds=_TIMEOUT_SECONDS, most_octets=_MOST_OCTETS).body


def read_spamd(answer: bytes) -> FilterAnswer | None:
    head, _, names = answer.partition(b"\r\n\r\n")
    match = _SPAM.search(head)
    if match is None:
        return None
    tests = tuple(name.strip() for name in names.decode("ascii", "replace").split(",") if name.strip())
    return FilterAnswer(float(match[1]), float(match[2]), tests)


def read_rspamd(answer: bytes) -> FilterAnswer | None:
    """Read the JSON object from /checkv2: the rules that add points, the heaviest first; None for anything else."""
    try:
        verdict = json.loads(answer)
        symbols = {str(name): float(symbol.get("score", 0)) for name, symbol in verdict.get("symbols", {}).items()}
        heavy = sorted((name for name, points in symbols.items() if points > 0), key=lambda name: -symbols[name])
        return FilterAnswer(float(verdict["score"]), float(verdict["required_score"]), tuple(heavy))
    except (ValueError, KeyError, TypeError, AttributeError):
        return None
