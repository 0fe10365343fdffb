"""The browsers in which a user is signed in."""

from collections.abc import Callable
from typing import cast

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from mailflatrate.apps.accounts.models import User
from mailflatrate.apps.accounts.session_store import Browser, SessionStore, end_other_sessions, row_key, sessions_of
from mailflatrate.entrypoints.client import client_ip
from mailflatrate.entrypoints.ui.posts import succeed
from mailflatrate.entrypoints.ui.sessions import signed_in


class BrowserMiddleware:
    """Middleware that stores in a request's session which browser it belongs to."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Set the browser; its row is written only when the session is."""
        cast(SessionStore, request.session).browser = Browser(client_ip(request), request.headers.get("User-Agent", ""))
        return self.get_response(request)


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
def devices(request: HttpRequest) -> HttpResponse:
    user, cookie = cast(User, request.user), str(request.session.session_key)
    if request.method == "POST":
        end_other_sessions(user, cookie)
        return succeed(request, _("You've been signed out on all other devices."), reverse("usersessions_list"))
    here = row_key(cookie)
    rows = [(row, row.key == here) for row in sessions_of(user)]
    return render(request, "account/devices.html", {"rows": rows})
