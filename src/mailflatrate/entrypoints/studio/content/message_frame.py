"""A message in a frame: normal, in dark mode, or with images off."""

import re

from django.http import HttpRequest, HttpResponse

from mailflatrate.apps.campaigns.media import without_host

MESSAGE_POLICY = (
    "default-src 'none'; img-src 'self' https: data:; style-src 'unsafe-inline'; font-src https:; "
    "frame-ancestors 'self'; sandbox"
)
_DARK_QUERY = re.compile(r"\(\s*prefers-color-scheme\s*:\s*dark\s*\)", re.IGNORECASE)
_LIGHT_QUERY = re.compile(r"\(\s*prefers-color-scheme\s*:\s*light\s*\)", re.IGNORECASE)
_EITHER = re.compile(r"light-dark\(([^,()]+),([^,()]+)\)")
_SCHEME = re.compile(r"(color-scheme(?:\"\s+content=\"|\s*:\s*))light dark", re.IGNORECASE)
_SAYS_DARK = re.compile(r"(?<!prefers-)color-scheme[^>]{0,40}\bdark\b", re.IGNORECASE)
_SOURCE = re.compile(r"(<(?:img|v:image|v:fill)\b[^>]*?\s)(?:src|srcset)=(\"[^\"]*\"|'[^']*')", re.IGNORECASE)
_GROUND = re.compile(r"(?:url\((?:&quot;|[\"'])?[^()]*+\))|(\sbackground=)\"[^\"]*\"", re.IGNORECASE)


def shown_here(html: str) -> str:
    """Load the account's images from the host that shows this page, where they are identical."""
    return without_host(html)


def in_scheme(html: str, *, dark: bool) -> str:
    """In its own light or dark version. Nothing is simulated: mail programs change messages in different ways."""
    always, never = "(min-width: 0)", "(max-width: 0)"
    html = _DARK_QUERY.sub(always if dark else never, _LIGHT_QUERY.sub(never if dark else always, html))
    dark = dark and _SAYS_DARK.search(html) is not None
    return _SCHEME.sub(r"\1dark" if dark else r"\1light", _EITHER.sub(r"\2" if dark else r"\1", html))


def without_images(html: str) -> str:
    return _GROUND.sub(lambda match: f'{match[1]}""' if match[1] else "none", _SOURCE.sub(r"\1", html))


def framed(request: HttpRequest, html: str) -> HttpResponse:
    """A page of its own, under a policy that forbids scripts and forms; `?dark=1` and `?images=off` change it."""
    html = in_scheme(html, dark=request.GET.get("dark") == "1")
    if request.GET.get("images") == "off":
        html = without_images(html)
    answer = HttpResponse(shown_here(html))
    answer.headers["Content-Security-Policy"] = MESSAGE_POLICY
    answer.headers["Cache-Control"] = "private, max-age=60"
    return answer
