"""The content security policy of a page: strict, with each exception named by the view that needs it."""

import re
import secrets
from dataclasses import dataclass, replace
from typing import Any, Final
from urllib.parse import urlsplit

from django.http import HttpRequest

from mailflatrate.settings.schema import Settings

ANY_HOST: Final = "https:"


@dataclass(frozen=True, slots=True)
class ContentPolicy:
    """Inline styles are for pages that contain a message: the editor's canvas, and frames that inherit the policy."""

    inline_styles: bool = False
    images_from: tuple[str, ...] = ()
    frame_ancestors: str = "'self'"
    forms_lead_to: tuple[str, ...] = ()

    def header(self, nonce: str = "") -> str:
        styles = "'unsafe-inline'" if self.inline_styles else f"'nonce-{nonce}'" if nonce else ""
        directives = (
            ("default-src", "'self'"),
            ("img-src", " ".join(("'self'", "data:", *self.images_from))),
            ("style-src", f"'self' {styles}".rstrip()),
            ("script-src", "'self'"),
            ("font-src", "'self'"),
            ("frame-src", "'self' data:"),
            ("frame-ancestors", self.frame_ancestors),
            ("form-action", " ".join(("'self'", *self.forms_lead_to))),
            ("base-uri", "'none'"),
            ("object-src", "'none'"),
        )
        return "; ".join(f"{name} {sources}" for name, sources in directives)


def with_vite(header: str, settings: Settings) -> str:
    """Let a page load from Vite's development server if one is set; Vite adds inline styles to the page."""
    if not (settings.debug and settings.vite_port):
        return header
    server = f"localhost:{settings.vite_port}"
    header = re.sub(r"style-src [^;]*", "style-src 'self' 'unsafe-inline'", header)
    for name in ("default-src", "style-src", "script-src", "font-src", "img-src"):
        header = header.replace(f"{name} ", f"{name} http://{server} ")
    return f"{header}; connect-src 'self' http://{server} ws://{server}"


class Nonce:
    """A nonce that marks the style elements of one page as ours, created when a template first uses it."""

    def __init__(self) -> None:
        self.value = ""

    def __str__(self) -> str:
        self.value = self.value or secrets.token_urlsafe(16)
        return self.value


def allow(request: HttpRequest, **exceptions: Any) -> None:
    """Relax the policy for the page of this request, for example `allow(request, inline_styles=True)`."""
    request.content_policy = replace(policy_of(request), **exceptions)  # type: ignore[attr-defined]


def allow_picture(request: HttpRequest, url: str) -> None:
    parts = urlsplit(url)
    if parts.scheme == "https" and parts.netloc:
        allow(request, images_from=(f"https://{parts.netloc}",))


def allow_redirect(request: HttpRequest, url: str) -> None:
    """Let a form of the page lead to one page on another host; browsers hold the policy against redirects, too."""
    if url:
        allow(request, forms_lead_to=(f"https://{urlsplit(url).netloc}",))


def policy_of(request: HttpRequest) -> ContentPolicy:
    policy = getattr(request, "content_policy", None)
    return policy if isinstance(policy, ContentPolicy) else ContentPolicy()
