"""Changing one's sign-in address: the password, then a link in the new mailbox. Until then the old one applies."""

from typing import cast

from allauth.account.decorators import reauthentication_required
from allauth.core import ratelimit
from django import forms
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from mailflatrate.apps.accounts.actions import addresses
from mailflatrate.apps.accounts.errors import AccountError
from mailflatrate.apps.accounts.factors import has_second_factor
from mailflatrate.apps.accounts.models import User
from mailflatrate.entrypoints.sign_in.enrolment import may_change_address
from mailflatrate.entrypoints.ui.posts import succeed
from mailflatrate.entrypoints.ui.sessions import signed_in
from mailflatrate.settings import load_settings


class SignInAddressForm(forms.Form):
    email = forms.EmailField(label=gettext_lazy("New email address"), max_length=254)
    password = forms.CharField(
        label=gettext_lazy("Your password"),
        max_length=1000,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )

    def __init__(self, user: User, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        self._user = user
        if not user.has_usable_password():
            del self.fields["password"]

    def clean_email(self) -> str:
        email = str(self.cleaned_data["email"]).strip().lower()
        if email == self._user.email:
            raise forms.ValidationError(_("You already sign in with this address."))
        return email

    def clean_password(self) -> str:
        password = str(self.cleaned_data["password"])
        if not self._user.check_password(password):
            raise forms.ValidationError(_("That password isn't correct."))
        return password


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
def change(request: HttpRequest) -> HttpResponseBase:
    """Request a new sign-in address. Users without a password prove their identity with their passkey first."""
    if cast(User, request.user).has_usable_password():
        return _change(request)
    proved_first = reauthentication_required(app="allauth.mfa")(_change)
    return cast(HttpResponseBase, proved_first(request))


def _refused_session(request: HttpRequest, user: User) -> HttpResponse | None:
    """Return the page that says what a session has to show before it moves the address; None if it may."""
    if request.method != "POST" or may_change_address(request, user):
        return None
    page = "account/factor_needed.html" if has_second_factor(user) else "account/mailbox_needed.html"
    return render(request, page, status=403)


def _change(request: HttpRequest) -> HttpResponseBase:
    user = cast(User, request.user)
    if (refusal := _refused_session(request, user)) is not None:
        return refusal
    form = SignInAddressForm(user, request.POST or None)
    if request.method != "POST":
        return render(request, "account/email.html", {"form": form})
    refused = ratelimit.consume_or_429(request, action="reauthenticate", user=user)
    if refused is not None:
        return cast(HttpResponseBase, refused)
    if not form.is_valid():
        return render(request, "account/email.html", {"form": form}, status=422)
    email = form.cleaned_data["email"]
    try:
        addresses.ask_for_address(user, email, url=_link)
    except AccountError as problem:
        form.add_error(None, str(problem))
        return render(request, "account/email.html", {"form": form}, status=422)
    words = _("We've sent a link to %(email)s. Open it to start using this address. Until then, nothing changes.")
    return succeed(request, words % {"email": email}, reverse("account_email"))


def _link(token: str) -> str:
    return load_settings().public_url + reverse("account_confirm_email", kwargs={"token": token})


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
def confirm(request: HttpRequest, token: str) -> HttpResponse:
    """The session is checked again: it may be another one, and a second factor may be required by now."""
    user = cast(User, request.user)
    try:
        email = addresses.find_change(user, token).email
        if (refusal := _refused_session(request, user)) is not None:
            return refusal
        if request.method == "POST":
            addresses.change_address(user, token)
            words = _("You now sign in with %(email)s.")
            return succeed(request, words % {"email": email}, reverse("account_email"))
    except AccountError as problem:
        return render(request, "account/email_confirm.html", {"problem": str(problem)}, status=422)
    return render(request, "account/email_confirm.html", {"email": email})
