"""Pages that are downloaded as a PDF."""

from collections.abc import Mapping
from typing import Any

from django.http import HttpResponse
from django.template.loader import render_to_string

from mailflatrate.base.pdf import PdfUnavailable, html_to_pdf, typeface
from mailflatrate.entrypoints.studio.access import StudioRequest
from mailflatrate.entrypoints.ui.posts import refuse


def pdf_answer(
    request: StudioRequest, template: str, context: Mapping[str, Any], *, file_name: str, back: str
) -> HttpResponse:
    """Render a template in the current language as a PDF to download; without Pango, say so on the page `back`."""
    try:
        content = html_to_pdf(render_to_string(template, {**context, "font": typeface()}))
    except PdfUnavailable as problem:
        return refuse(request, str(problem), back)
    headers = {"Content-Disposition": f'attachment; filename="{file_name}"', "Cache-Control": "no-store"}
    return HttpResponse(content, content_type="application/pdf", headers=headers)
