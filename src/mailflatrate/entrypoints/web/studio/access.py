"""Who may see a page of the studio: a view shows the account of the signed-in person, or nothing."""

from collections.abc import Callable
from functools import wraps
from typing import Any, cast, overload
from zoneinfo import ZoneInfo

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone

from mailflatrate.apps.accounts import queries
from mailflatrate.apps.accounts.models import Account, Membership, User
from mailflatrate.apps.lists.changes import ChangeAuthor, name_author
from mailflatrate.apps.lists.models import ChangeSource
from mailflatrate.base import tenancy
from mailflatrate.entrypoints.web.posts import see_other
from mailflatrate.entrypoints.web.sessions import READING, signed_in
from mailflatrate.entrypoints.web.sign_in.proved_factor import has_second_factor, second_factor

ASK_AGREEMENTS = "ask_agreements"
"""Set in the session by a sign-in: the documents in force are checked with the next page."""


class StudioRequest(HttpRequest):
    """A request by a signed-in person working for one account."""

    user: User
    account: Account
    membership: Membership


View = Callable[..., HttpResponseBase]


@overload
def studio(view: View) -> View: ...
@overload
def studio(*, viewers_may_post: bool) -> Callable[[View], View]: ...
def studio(view: View | None = None, *, viewers_may_post: bool = False) -> View | Callable[[View], View]:
    """Run `view(request: StudioRequest, ...)` in one transaction scoped to the person's account, in its time zone.

    An ID of another account is not found. Viewers can read; anything else is refused with a page that says so,
    unless the view concerns the viewers themselves. If the account requires a second factor, a session without one sees
    only how to get it. After a sign-in, documents that are new to the person come
    first. A view that streams must open the scope again inside its generator.
    """
    if view is None:
        return lambda marked: _scoped(marked, viewers_may_post)
    return _scoped(view, viewers_may_post)


def _scoped(view: View, viewers_may_post: bool) -> View:
    @wraps(view)
    def scoped(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        user = cast(User, request.user)
        membership = queries.account_of(user, request.session.get("account_id"))
        if membership is None:
            return render(request, "studio/no_account.html", status=403)
        mine = cast(StudioRequest, request)
        mine.account, mine.membership = membership.account, membership
        if mine.account.second_factor and second_factor(request, user) is None:
            context = {"account": mine.account, "has_one": has_second_factor(user)}
            return render(request, "studio/second_factor.html", context, status=403)
        if request.method not in READING and not viewers_may_post and not queries.may_write(membership):
            return render(request, "studio/may_not_write.html", status=403)
        with tenancy.account(membership.account_id), timezone.override(ZoneInfo(membership.account.time_zone)):
            if request.method not in READING:
                name_author(ChangeAuthor(ChangeSource.TEAM, user.id))
            return _agreements_first(mine) or view(mine, *args, **kwargs)

    return signed_in(scoped)


def _agreements_first(request: StudioRequest) -> HttpResponse | None:
    """Return where to go before the requested page; None if there is nothing new to read."""
    if request.method != "GET" or not request.session.get(ASK_AGREEMENTS) or is_htmx(request):
        return None
    page = reverse("studio:agreements")
    if request.path == page:
        return None
    if queries.documents_to_read(request.user):
        return see_other(page)
    request.session.pop(ASK_AGREEMENTS, None)
    return None


def is_htmx(request: HttpRequest) -> bool:
    """Return whether htmx requests a part of a page."""
    return bool(getattr(request, "htmx", False))
