"""Who may see a page of the studio: every view runs inside the account of the person who asks, or not at all."""

from collections.abc import Callable
from functools import wraps
from typing import Any, cast

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render

from mailflatrate.apps.accounts import queries
from mailflatrate.apps.accounts.models import Account, Membership, User
from mailflatrate.base import tenancy

READING = ("GET", "HEAD", "OPTIONS")


class StudioRequest(HttpRequest):
    """A request of a signed-in person working for one account."""

    user: User
    account: Account
    membership: Membership


View = Callable[..., HttpResponseBase]


def studio(view: View) -> View:
    """Run `view(request: StudioRequest, ...)` in one transaction scoped to the person's account.

    A stranger's id is simply not found. Viewers may read; anything else is refused with a page that says so. A view
    that streams must open the scope again inside its generator.
    """

    @wraps(view)
    def scoped(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        user = cast(User, request.user)
        membership = queries.account_of(user, request.session.get("account_id"))
        if membership is None:
            return render(request, "studio/no_account.html", status=403)
        mine = cast(StudioRequest, request)
        mine.account, mine.membership = membership.account, membership
        if request.method not in READING and not queries.may_write(membership):
            return render(request, "studio/may_not_write.html", status=403)
        with tenancy.account(membership.account_id):
            return view(mine, *args, **kwargs)

    return cast(View, login_required(scoped))


def is_htmx(request: HttpRequest) -> bool:
    """True where htmx asks for a part of a page."""
    return bool(getattr(request, "htmx", False))


def see_other(url: str) -> HttpResponse:
    """Answer a successful POST: go and look there."""
    return HttpResponse(status=303, headers={"Location": url})
