"""Who may change a second factor: a password alone is never enough, or a thief could add one. The first factor needs a
link mailed to the person and opened in the session that adds it. Any other change needs a session that has used
one; a session from before the first factor doesn't count.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any, cast

from allauth.core import ratelimit
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from mailflatrate.apps.accounts.actions import second_factor as factor_actions
from mailflatrate.apps.accounts.factors import LINK_WORKS, factor_state, has_second_factor, is_factor_token
from mailflatrate.apps.accounts.models import User
from mailflatrate.base import clock
from mailflatrate.entrypoints.sign_in.proved_factor import second_factor
from mailflatrate.entrypoints.ui.posts import succeed
from mailflatrate.entrypoints.ui.sessions import READING, signed_in

_PROVED, _NEXT = "mailbox_proved", "after_mailbox"
View = Callable[..., HttpResponseBase]


def prove_mailbox(request: HttpRequest, user: User) -> None:
    """Record in the session that its person has just opened a link that was mailed to them."""
    request.session[_PROVED] = {"state": factor_state(user), "at": clock.now().timestamp()}


def has_proved_mailbox(request: HttpRequest, user: User) -> bool:
    """Return whether the session opened such a link within the last hour, and the user's data hasn't changed since."""
    proof = request.session.get(_PROVED) or {}
    age = clock.now().timestamp() - float(proof.get("at", 0))
    return 0 <= age <= LINK_WORKS.total_seconds() and proof.get("state") == factor_state(user)


def guards_factors(view: View, *, adds: bool = False) -> View:
    """For allauth's views. `adds`: it may also add the first factor, after the mailbox has confirmed it."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        user = request.user
        if not isinstance(user, User):
            return view(request, *args, **kwargs)
        if has_second_factor(user):
            if second_factor(request, user) is None:
                return render(request, "account/factor_needed.html", status=403)
        elif adds and not has_proved_mailbox(request, user):
            request.session[_NEXT] = request.path
            status = 200 if request.method in READING else 403
            return render(request, "account/mailbox_needed.html", status=status)
        return view(request, *args, **kwargs)

    return guarded


def may_change_address(request: HttpRequest, user: User) -> bool:
    """If the user needs a second factor (operators, accounts that require one), a password alone is not enough."""
    if has_second_factor(user):
        return second_factor(request, user) is not None
    return not factor_actions.needs_second_factor(user) or has_proved_mailbox(request, user)


@require_POST
@signed_in
def ask(request: HttpRequest) -> HttpResponseBase:
    user = cast(User, request.user)
    refused = ratelimit.consume_or_429(request, action="prove_mailbox", user=user)
    if refused is not None:
        return cast(HttpResponseBase, refused)
    factor_actions.send_factor_link(user)
    words = _("We've sent a link to %(email)s. Open it in this browser within an hour.")
    return succeed(request, words % {"email": user.email}, reverse("mfa_index"))


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
def confirm(request: HttpRequest, token: str) -> HttpResponse:
    """The button proves to this session that the mailbox is the user's, and leads to the next step."""
    user = cast(User, request.user)
    if not is_factor_token(token, user):
        return render(request, "account/mailbox_proof.html", {"wrong": True}, status=422)
    if request.method != "POST":
        return render(request, "account/mailbox_proof.html")
    prove_mailbox(request, user)
    return HttpResponseRedirect(request.session.pop(_NEXT, None) or reverse("mfa_index"), status=303)
