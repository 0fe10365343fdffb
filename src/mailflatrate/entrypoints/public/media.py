"""Pictures in messages: served forever, to anyone who has the URL, and only ever as a picture."""

import structlog
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotModified
from django.shortcuts import get_object_or_404

from mailflatrate.apps.campaigns.media import open_address
from mailflatrate.apps.campaigns.models import MediaFile
from mailflatrate.apps.campaigns.palette import SHIPPED_PATH, shipped_picture
from mailflatrate.base import tenancy
from mailflatrate.base.storage import files as storage
from mailflatrate.entrypoints.ui.pages import public
from mailflatrate.mail.images.picture_values import PictureFormat

log = structlog.get_logger(__name__)

A_YEAR_SECONDS = 31_536_000
POLICY = "default-src 'none'; sandbox; frame-ancestors 'none'"


@public(f"GET {SHIPPED_PATH}/<slug:stem>.png", "shipped-picture")
def shipped(request: HttpRequest, stem: str) -> HttpResponse:
    """Serve one of our own pictures that blocks show, such as a network's icon. What a name shows never changes."""
    validator = f'"shipped-{stem}"'
    if request.headers.get("If-None-Match") == validator:
        return _dressed(HttpResponseNotModified(), validator)
    try:
        data = shipped_picture(stem)
    except KeyError:
        raise Http404 from None
    answer = HttpResponse(data, content_type=PictureFormat.PNG.content_type)
    answer.headers["Content-Disposition"] = "inline"
    return _dressed(answer, validator)


@public("GET m/<str:token>/<str:name>", "media-file")
def picture(request: HttpRequest, token: str, name: str) -> HttpResponse:
    """`name` isn't checked. The token is also the validator, as its file never changes (RFC 9110 section 8.8.3)."""
    address = open_address(token)
    if address is None:
        raise Http404
    validator = f'"{token}"'
    if request.headers.get("If-None-Match") == validator:
        return _dressed(HttpResponseNotModified(), validator)
    with tenancy.account(address.account_id):
        file = get_object_or_404(MediaFile.objects, media_id=address.media_id, slot=address.slot)
        try:
            data = storage.get(file.stored_name)
        except storage.NotStored:
            raise Http404 from None
        except storage.StorageFailed:
            log.exception("picture_not_read")
            return HttpResponse(status=503, headers={"Retry-After": "60", "Cache-Control": "no-store"})
    answer = HttpResponse(data, content_type=PictureFormat(file.ending).content_type)
    answer.headers["Content-Disposition"] = "inline"
    return _dressed(answer, validator)


def _dressed(answer: HttpResponse, validator: str) -> HttpResponse:
    answer.headers["Cache-Control"] = f"public, max-age={A_YEAR_SECONDS}, immutable"
    answer.headers["ETag"] = validator
    answer.headers["X-Content-Type-Options"] = "nosniff"
    answer.headers["Content-Security-Policy"] = POLICY
    answer.headers["Cross-Origin-Resource-Policy"] = "cross-origin"  # web mail shows it on its own pages
    return answer
