"""All addresses of the service, from the URL resolver, each with what to ask for."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from django.urls import URLPattern, URLResolver, get_resolver

NOT_ASKED = {
    "/2fa/webauthn/keys/<>/edit/": "needs a security key, which a browser signs with",
    "/2fa/webauthn/keys/<>/remove/": "needs a security key, which a browser signs with",
}
"""Patterns without a sample, each with the reason."""
FIXED = {
    r"/^api(?:/[\s\S]*)?$": ["/api/none-such"],
    "/^password/reset/key/<>-<>/$": ["/password/reset/key/1-none/"],
    "/api/v1/^<>$": ["/api/v1/none-such"],
}
"""Addresses of patterns that are regular expressions."""
_PLACE = re.compile(r"<(?:\w+:)?\w+>")
_GROUP = re.compile(r"\(\?P<\w+>(?:[^()]|\([^()]*\))*\)")


@dataclass(frozen=True)
class Address:
    """A pattern and paths that match it; the first is asked for by everyone."""

    pattern: str
    samples: list[str]


def patterns() -> list[str]:
    """Return the patterns of all addresses, in order."""
    return sorted({_PLACE.sub("<>", _GROUP.sub("<>", route)) for route in _routes("/", get_resolver().url_patterns)})


def _routes(prefix: str, entries: list[URLPattern | URLResolver]) -> Iterator[str]:
    for entry in entries:
        if isinstance(entry, URLResolver):
            yield from _routes(prefix + str(entry.pattern), entry.url_patterns)
        else:
            yield prefix + str(entry.pattern)


def addresses(objects: dict[str, list[str]]) -> tuple[list[Address], list[str], list[str]]:
    """Return all addresses that can be asked for, the patterns that lack a sample and a reason, and names of none."""
    found, missing, known = [], [], patterns()
    for pattern in known:
        if pattern in FIXED:
            found.append(Address(pattern, FIXED[pattern]))
        elif "<>" not in pattern:
            found.append(Address(pattern, [pattern]))
        elif pattern not in NOT_ASKED:
            root = pattern[: pattern.rindex("<>") + 2]
            samples = [path + pattern[len(root) :] for path in objects.get(root, [])]
            if samples:
                found.append(Address(pattern, samples))
            else:
                missing.append(pattern)
    return found, missing, sorted({*FIXED, *NOT_ASKED} - set(known))
