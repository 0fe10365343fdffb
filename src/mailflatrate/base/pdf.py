"""HTML to PDF by WeasyPrint, with a clear error where this machine lacks its library."""

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

from django.conf import settings
from django.utils.translation import gettext as _

if TYPE_CHECKING:
    from weasyprint.urls import URLFetcher


class PdfUnavailable(Exception):
    """PDFs cannot be made on this machine; the message says what is missing."""


@dataclass(frozen=True, slots=True)
class AttachedFile:
    """A file inside a PDF. `relationship` is a PDF/A-3 term: Data, Source, Supplement."""

    name: str
    content: bytes
    description: str
    relationship: str = "Data"


def html_to_pdf(html: str, attached: Sequence[AttachedFile] = (), *, variant: str | None = None) -> bytes:
    """Render the page as a PDF; `variant` is a WeasyPrint name (`pdf/a-3b`). Raises PdfUnavailable without Pango."""
    try:
        from weasyprint import HTML, Attachment  # its libraries take a second to load, and few pages need them
    except (ImportError, OSError) as problem:
        raise PdfUnavailable(
            _("Creating PDFs requires the Pango library on this server (Debian: libpango-1.0-0 and libpangoft2-1.0-0).")
        ) from problem
    files = [
        Attachment(
            string=attachment.content,
            name=attachment.name,
            description=attachment.description,
            relationship=attachment.relationship,
        )
        for attachment in attached
    ]
    options: dict[str, Any] = {"pdf_variant": variant} if variant else {}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)  # WeasyPrint leaves its color profile open
        page = HTML(string=html, base_url=str(settings.STATIC_ROOT), url_fetcher=_own_files())
        written = page.write_pdf(attachments=files or None, **options)
    assert isinstance(written, bytes)
    return written


def _own_files() -> "URLFetcher":
    """Knows only files below STATIC_ROOT and `data:` URLs: outside input must not read a file or reach the network."""
    from weasyprint.urls import URLFetcher, URLFetcherResponse

    class OwnFiles(URLFetcher):  # type: ignore[misc]  # the library is untyped
        def fetch(self, url: str, headers: dict[str, str] | None = None) -> URLFetcherResponse:
            parts = urlsplit(url)
            root = Path(settings.STATIC_ROOT).resolve()
            is_own_file = (
                parts.scheme == "file" and not parts.netloc and Path(unquote(parts.path)).resolve().is_relative_to(root)
            )
            if not is_own_file and parts.scheme != "data":
                raise ValueError(f"a PDF page may not fetch {url[:200]!r}")
            return super().fetch(url, headers)

    return OwnFiles(allowed_protocols=("file", "data"), allow_redirects=False)


def typeface() -> str:
    fonts = sorted(Path(settings.STATIC_ROOT).glob("dist/assets/inter-latin-wght-normal*.woff2"))
    return fonts[0].as_uri() if fonts else ""
