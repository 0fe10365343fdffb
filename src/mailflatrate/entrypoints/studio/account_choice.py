"""Switching to another of one's accounts."""

from django.http import Http404, HttpRequest, HttpResponse

from mailflatrate.apps.accounts import queries
from mailflatrate.apps.accounts.models import User
from mailflatrate.entrypoints.ui.pages import page
from mailflatrate.entrypoints.ui.posts import see_other
from mailflatrate.entrypoints.ui.sessions import signed_in


@page("GET|POST account/<int:account_id>/", "choose-account")
@signed_in
def choose(request: HttpRequest, account_id: int) -> HttpResponse:
    """Switch to `account_id`. This only changes what this browser shows, so it may be a plain link."""
    assert isinstance(request.user, User)
    membership = queries.account_of(request.user, account_id)
    if membership is None or membership.account_id != account_id:
        raise Http404
    request.session["account_id"] = account_id
    return see_other("/studio/")
