"""The invitation page: sign in or choose a password, then accept. Opening the page changes nothing."""

from typing import cast

from allauth.account.utils import perform_login
from django import forms
from django.contrib.auth.password_validation import validate_password
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from mailflatrate.apps.accounts.actions import invitations
from mailflatrate.apps.accounts.errors import AccountError
from mailflatrate.apps.accounts.models import Invitation, User
from mailflatrate.apps.accounts.queries import signs_in
from mailflatrate.entrypoints.sign_in.enrolment import prove_mailbox
from mailflatrate.entrypoints.ui.posts import succeed

PAGE = "account/invitation.html"


class JoinForm(forms.Form):
    name = forms.CharField(label=gettext_lazy("Your name"), max_length=120)
    password = forms.CharField(
        label=gettext_lazy("Password"),
        max_length=1000,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )

    def __init__(self, invitation: Invitation, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        self._invitation = invitation

    def clean_password(self) -> str:
        password = str(self.cleaned_data["password"])
        validate_password(password, User(email=self._invitation.email, name=self.cleaned_data.get("name", "")))
        return password


@require_http_methods(["GET", "HEAD", "POST"])
def invitation(request: HttpRequest, token: str) -> HttpResponseBase:
    """Show who invites the person to which account; accept on POST, if the invited person is signed in."""
    try:
        invite = invitations.find_invitation(token)
        if request.method == "POST" and request.user.is_authenticated:
            membership = invitations.accept(token, user=request.user)
            request.session["account_id"] = membership.account_id
            words = _("You've joined %(account)s.")
            return succeed(request, words % {"account": invite.account.name}, reverse("studio:home"))
    except AccountError as problem:
        return render(request, PAGE, {"problem": str(problem)}, status=422)
    return _page(request, invite, token)


def _page(
    request: HttpRequest, invite: Invitation, token: str, form: JoinForm | None = None, status: int = 200
) -> HttpResponse:
    user = request.user
    has_sign_in = signs_in(invite.email)
    context = {
        "invitation": invite,
        "token": token,
        "known": has_sign_in,
        "here": reverse("invitation", kwargs={"token": token}),
        "mine": isinstance(user, User) and user.email == invite.email,
        "somebody": isinstance(user, User),
        "form": form or JoinForm(invite, initial={"name": invite.name}),
    }
    return render(request, PAGE, context, status=status)


@sensitive_post_parameters("password")
@require_http_methods(["POST"])
def join(request: HttpRequest, token: str) -> HttpResponseBase:
    here = reverse("invitation", kwargs={"token": token})
    try:
        invite = invitations.find_invitation(token)
        if request.user.is_authenticated or signs_in(invite.email):
            return HttpResponseRedirect(here, status=303)
        form = JoinForm(invite, request.POST)
        if not form.is_valid():
            return _page(request, invite, token, form, 422)
        user = invitations.join(token, name=form.cleaned_data["name"], password=form.cleaned_data["password"])
    except AccountError as problem:
        return render(request, PAGE, {"problem": str(problem)}, status=422)
    answer = perform_login(request, user, redirect_url=here)
    prove_mailbox(request, user)
    return cast(HttpResponseBase, answer)
