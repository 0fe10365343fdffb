"""Adds parameters for web analytics to links of the customer's own domains, the same for every recipient (R-108)."""

from dataclasses import dataclass
from typing import Final
from urllib.parse import parse_qsl, quote, urlsplit

MOST_OCTETS: Final = 2_000
"""Longer links stay as they are: browsers and servers cut them off."""


@dataclass(frozen=True, slots=True)
class LinkTags:
    """(name, value), for links to these domains (A-labels, lower case) and their subdomains."""

    domains: frozenset[str]
    parameters: tuple[tuple[str, str], ...]

    def tagged(self, url: str) -> str:
        """Add the parameters it doesn't have yet; a link to another domain, with a user name or unreadable stays."""
        try:
            parts = urlsplit(url)
            host = (parts.hostname or "").rstrip(".").encode("idna").decode().lower()
            present = {name for name, _ in parse_qsl(parts.query, keep_blank_values=True, max_num_fields=500)}
        except ValueError:
            return url
        if "@" in parts.netloc or not self._is_own(host) or parts.scheme.lower() not in ("http", "https"):
            return url
        added = "&".join(f"{name}={quote(value, safe='')}" for name, value in self.parameters if name not in present)
        if not added:
            return url
        before, mark, fragment = url.partition("#")
        _, asked, query = before.partition("?")
        glue = ("" if query.endswith("&") or not query else "&") if asked else "?"
        tagged_url = f"{before}{glue}{added}{mark}{fragment}"
        return tagged_url if len(tagged_url) <= MOST_OCTETS else url

    def _is_own(self, host: str) -> bool:
        return any(host == domain or host.endswith(f".{domain}") for domain in self.domains)
