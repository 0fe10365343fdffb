"""Customer hosts that serve their pictures and landing pages, and nothing else (ADR 0016)."""

import re
from collections.abc import Callable
from urllib.parse import urlsplit

from django.conf import settings
from django.db import DatabaseError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotFound
from django.http.response import HttpResponseBase

from mailflatrate.apps.campaigns.media import PATH, open_address
from mailflatrate.apps.campaigns.palette import SHIPPED_PATH
from mailflatrate.apps.domains.queries import account_of_media_host
from mailflatrate.apps.forms.landing_pages import published_landing
from mailflatrate.apps.forms.queries import published_form
from mailflatrate.entrypoints.presenters.signup.landing_pages import LANDING_PATH
from mailflatrate.entrypoints.public.media import POLICY, picture
from mailflatrate.entrypoints.ui.pages import public
from mailflatrate.mail.identifiers.tokens import TOKEN_PATTERN
from mailflatrate.settings import load_settings

Handler = Callable[[HttpRequest], HttpResponse]
_LANDING = re.compile(rf"/{LANDING_PATH}/([a-z0-9]{{1,16}})/")
_FORM_PART = re.compile(r"/f/([a-z0-9]{1,16})/(?:task|count)")
_PICTURE = re.compile(rf"/{PATH}/({TOKEN_PATTERN})/([^/]+)")
LONGEST_HOST = 253


class MediaHostMiddleware:
    """Comes before sessions, static files and pages. Only the Host header counts; other names pass through."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        try:
            account_id = _account(request.META.get("HTTP_HOST", ""))
        except DatabaseError:
            if request.path_info != "/healthz":  # which answers without a database
                raise
            account_id = None
        if account_id is None:
            return self.get_response(request)
        if _is_of_a_landing_page(request.path_info, account_id):
            request.META["HTTP_HOST"] = urlsplit(load_settings().public_url).netloc
            return self.get_response(request)
        match = _PICTURE.fullmatch(request.path_info)
        address = open_address(match[1]) if match else None
        if match is None or address is None or address.account_id != account_id:
            return _nothing()
        try:
            return picture(request, match[1], match[2])
        except Http404:
            return _nothing()


def _is_of_a_landing_page(path: str, account_id: int) -> bool:
    match = _LANDING.fullmatch(path)
    if match is not None:
        page = published_landing(match[1])
        return page is not None and page.form.account_id == account_id
    match = _FORM_PART.fullmatch(path)
    if match is not None:
        form = published_form(match[1])
        return form is not None and form.account_id == account_id
    return path.startswith((f"/{SHIPPED_PATH}/", f"/{settings.STATIC_URL.strip('/')}/dist/assets/"))


def _account(header: str) -> int | None:
    """Return the host's account; no query is made if no customer has a host or the host is ours."""
    service = load_settings()
    host = header.lower().rpartition("@")[2].partition(":")[0].rstrip(".")
    if service.media_host_target is None or not 0 < len(host) <= LONGEST_HOST or "\0" in host:
        return None
    return None if host == urlsplit(service.public_url).hostname else account_of_media_host(host)


def _nothing() -> HttpResponse:
    answer = HttpResponseNotFound("Nothing is here.\n", content_type="text/plain; charset=utf-8")
    answer.headers["X-Content-Type-Options"] = "nosniff"
    answer.headers["Content-Security-Policy"] = POLICY
    return answer


@public("GET media-hosts/ask", "media-host-ask")
def ask(request: HttpRequest) -> HttpResponse:
    """Tell the reverse proxy whether it may get a certificate for `?domain=`: 204 or 404."""
    return HttpResponse(status=204) if _account(request.GET.get("domain", "")) is not None else _nothing()
