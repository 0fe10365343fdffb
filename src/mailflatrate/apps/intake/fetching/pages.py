"""HTML behind an address in an API: fetched without the key, from the system's own hosts only."""

from typing import Final
from urllib.parse import urlsplit

from mailflatrate.apps.intake.fetching.api import AGENT, ApiLink
from mailflatrate.mail.reading.mime import find_codec
from mailflatrate.wire.web import Want, ask_api

MOST_OCTETS: Final = 1024 * 1024
SECONDS: Final = 20.0


def html_at(url: str, domains: tuple[str, ...], link: ApiLink) -> str:
    """Empty if not below one of the domains, or not readable whole. No redirect is followed."""
    if not _is_below(url, domains):
        return ""
    link.before_request()
    want = Want("text/html", AGENT, MOST_OCTETS, SECONDS)
    try:
        answer = ask_api(url, link.resolver, want, private=link.private, context=link.context)
    except OSError:
        return ""
    codec = find_codec(answer.headers.get_content_charset() or "utf-8")
    if codec is None:
        return ""
    link.count_answer()
    is_html = answer.headers.get_content_type() in ("text/html", "text/plain")
    return answer.body.decode(codec, "replace") if answer.status == 200 and answer.is_whole and is_html else ""


def _is_below(url: str, domains: tuple[str, ...]) -> bool:
    try:
        host = urlsplit(url).hostname or ""
    except ValueError:
        return False
    return any(host == domain or host.endswith(f".{domain}") for domain in domains)
