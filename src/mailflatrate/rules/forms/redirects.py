"""Where a form may send people: only to its account's own domains. The address is part of the published version and
never comes from a request, so no link can choose it.
"""

import re
from collections.abc import Iterable
from urllib.parse import urlsplit

MAX_CHARACTERS = 500
_PLAIN = re.compile(r"[!-\[\]-~]+")
"""Visible ASCII without the backslash, which browsers read as a slash."""
_HOST = re.compile(r"(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z0-9-]{2,63}")


def redirect_target(url: str, domains: Iterable[str]) -> str:
    """Return "" unless it is https on one of the domains or below, without user, port or fragment tricks."""
    if not 0 < len(url) <= MAX_CHARACTERS or not url.startswith("https://") or _PLAIN.fullmatch(url) is None:
        return ""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return ""
    is_plain = parts.netloc.lower() == host and port is None and _HOST.fullmatch(host) is not None
    return url if is_plain and any(host == name or host.endswith(f".{name}") for name in domains) else ""
