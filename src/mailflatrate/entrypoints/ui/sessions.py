"""Redirects of visitors who are not, or no longer, signed in, so that nothing they wrote is lost without notice."""

from collections.abc import Callable
from functools import wraps
from http import HTTPStatus
from typing import Any, cast
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import resolve_url
from django.utils.http import url_has_allowed_host_and_scheme, urlencode
from django.utils.translation import gettext as _

View = Callable[..., HttpResponseBase]
READING = ("GET", "HEAD", "OPTIONS")


def signed_in(view: View) -> View:
    """Open the page again after the sign-in; if a form was submitted, say so and lead back to the page with the form.
    A part of a page (htmx) is refused, so that no script takes the sign-in page for a response and loses unsaved
    input.
    """

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if request.user.is_authenticated:
            return view(request, *args, **kwargs)
        if getattr(request, "htmx", False):
            login = f"{resolve_url(settings.LOGIN_URL)}?{urlencode({'next': _page_of(request)})}"
            return HttpResponse(status=HTTPStatus.UNAUTHORIZED, headers={"HX-Redirect": login})
        if request.method in READING:
            return redirect_to_login(request.get_full_path())
        messages.warning(request, _("Your session expired, so nothing was saved. Sign in and submit it again."))
        return redirect_to_login(_page_of(request))

    return cast(View, guarded)


def _page_of(request: HttpRequest) -> str:
    came_from = request.headers.get("HX-Current-URL") or request.headers.get("Referer") or ""
    if url_has_allowed_host_and_scheme(came_from, {request.get_host()}, require_https=request.is_secure()):
        return urlsplit(came_from)._replace(scheme="", netloc="").geturl()
    return resolve_url(settings.LOGIN_REDIRECT_URL)
