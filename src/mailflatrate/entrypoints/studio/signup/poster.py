"""A form on paper: its QR code as a picture, and a poster (A4) that says what people sign up for."""

from base64 import b64encode
from urllib.parse import urlencode

import qrcode
from django.http import Http404, HttpResponse
from django.urls import reverse
from django.utils.translation import override
from qrcode.constants import ERROR_CORRECT_M
from qrcode.image.svg import SvgPathImage

from mailflatrate.apps.forms.models import Form
from mailflatrate.entrypoints.presenters.signup.embeds import form_url, readable_on
from mailflatrate.entrypoints.studio.access import StudioRequest, studio
from mailflatrate.entrypoints.studio.papers import pdf_answer
from mailflatrate.entrypoints.studio.signup.builder import wanted
from mailflatrate.rules.forms import FieldKind, FrozenForm, frozen_from_json
from mailflatrate.rules.roles import Permission

ON_PAPER = "poster"
"""What a poster's link says in the form's hidden source field, if it has one."""


MAX_CHARACTERS = 500


def qr_svg(url: str) -> str:
    """SVG with a quiet zone of four modules (ISO/IEC 18004), level M. Raises ValueError for a URL that is too long."""
    if len(url) > MAX_CHARACTERS:
        raise ValueError("the URL is too long for a QR code")
    code = qrcode.QRCode(error_correction=ERROR_CORRECT_M, border=4, image_factory=SvgPathImage)
    code.add_data(url)
    code.make(fit=True)
    drawn: str = code.make_image().to_string(encoding="unicode")
    return drawn


def _published(form_id: int) -> tuple[Form, FrozenForm]:
    form = wanted(form_id)
    if form.current is None:
        raise Http404
    return form, frozen_from_json(form.current.content)


def paper_url(form: Form, frozen: FrozenForm, language: str) -> str:
    sources = [field.key for field in frozen.content.fields if field.kind is FieldKind.SOURCE]
    return f"{form_url(form.code)}?{urlencode({'language': language, **dict.fromkeys(sources, ON_PAPER)})}"


@studio("GET forms/<int:form_id>/qr.svg", "form-qr", Permission.CONTACTS, limited=True)
def qr_code(request: StudioRequest, form_id: int) -> HttpResponse:
    form, frozen = _published(form_id)
    url = paper_url(form, frozen, frozen.language(request.GET.get("language", "")))
    headers = {"Content-Disposition": f'attachment; filename="{form.code}.svg"', "Cache-Control": "no-store"}
    return HttpResponse(qr_svg(url), content_type="image/svg+xml", headers=headers)


@studio("GET forms/<int:form_id>/poster.pdf", "form-poster", Permission.CONTACTS, limited=True)
def poster(request: StudioRequest, form_id: int) -> HttpResponse:
    form, frozen = _published(form_id)
    language = frozen.language(request.GET.get("language", ""))
    code = b64encode(qr_svg(paper_url(form, frozen, language)).encode()).decode()
    context = {
        "form": frozen,
        "language": language,
        "ink": readable_on(frozen.content.style.colour),
        "texts": frozen.texts(language),
        "imprint": frozen.frozen[language].imprint,
        "address": form_url(form.code).partition("://")[2].rstrip("/"),
        "qr": f"data:image/svg+xml;base64,{code}",
    }
    template, back = "public/signup/poster.html", reverse("studio:form", args=[form_id])
    with override(language):
        return pdf_answer(request, template, context, file_name=f"{form.code}.pdf", back=back)
