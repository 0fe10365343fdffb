"""Creating the first operator in the browser. Once there is one, these pages no longer exist."""

from functools import wraps
from typing import cast

from allauth.account.internal.flows.login import record_authentication
from allauth.account.utils import perform_login
from django import forms
from django.contrib import messages
from django.contrib.auth.password_validation import validate_password
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_safe

from mailflatrate.apps.accounts.actions import people, vetting
from mailflatrate.apps.accounts.actions.vetting import AddressRefused
from mailflatrate.apps.accounts.errors import AccountError
from mailflatrate.apps.accounts.models import User
from mailflatrate.apps.accounts.queries import has_operator
from mailflatrate.entrypoints.boot.first_setup import is_setup_token
from mailflatrate.entrypoints.sign_in.enrolment import prove_mailbox
from mailflatrate.entrypoints.ui.sessions import View

REFUSED = 422


class OperatorForm(forms.Form):
    name = forms.CharField(
        label=gettext_lazy("Your name"), max_length=120, widget=forms.TextInput({"autocomplete": "name"})
    )
    email = forms.CharField(
        label=gettext_lazy("Email address"),
        max_length=254,
        widget=forms.EmailInput({"autocomplete": "email", "autocapitalize": "none"}),
        help_text=gettext_lazy("Your own address, not a shared one like info@. You'll use it to sign in."),
    )
    password = forms.CharField(
        label=gettext_lazy("Password"),
        max_length=1000,
        strip=False,
        widget=forms.PasswordInput({"autocomplete": "new-password"}),
        help_text=gettext_lazy("At least 10 characters."),
    )

    def clean_email(self) -> str:
        """Return the normalized address. Raises ValidationError if it is a role, disposable or invalid (R-21, R-22)."""
        try:
            return vetting.check_applicant_address(str(self.cleaned_data["email"]))
        except AddressRefused as problem:
            raise forms.ValidationError(str(problem)) from problem

    def clean_password(self) -> str:
        password = str(self.cleaned_data["password"])
        validate_password(password, User(name=self.cleaned_data.get("name", "")))
        return password


def before_the_first_operator(view: View) -> View:
    @wraps(view)
    def guarded(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponseBase:
        if has_operator():
            raise Http404
        return view(request, *args, **kwargs)

    return guarded


@require_safe
def start(request: HttpRequest) -> HttpResponseBase:
    fresh = not request.user.is_authenticated and not has_operator()
    return HttpResponseRedirect(reverse("setup") if fresh else "/studio/")


@require_safe
@before_the_first_operator
def setup(request: HttpRequest) -> HttpResponse:
    """Never asks for the token, so that it doesn't end up in a form or a history."""
    return render(request, "setup/begin.html")


@sensitive_post_parameters("password")
@require_http_methods(["GET", "HEAD", "POST"])
@before_the_first_operator
def first_operator(request: HttpRequest, token: str) -> HttpResponseBase:
    if not is_setup_token(token):
        return render(request, "setup/begin.html", {"wrong": True}, status=403)
    form = OperatorForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        language = (translation.get_language() or "en")[:2]
        try:
            user = people.create_first_operator(**form.cleaned_data, language=language)
        except AccountError as problem:
            form.add_error(None, str(problem))
        else:
            messages.success(
                request,
                _(
                    "You're now set up as the operator. Set up two-factor authentication, then "
                    "go through the checklist."
                ),
            )
            answer = perform_login(request, user, redirect_url=reverse("desk:setup"))
            # Choosing a password proves it as well as typing it again would: the next page adds the second factor.
            record_authentication(request, user, "password", email=user.email, reauthenticated=True)
            # The link came from the log of the host, which is worth more than a mailbox. No mail may leave yet.
            prove_mailbox(request, user)
            return cast(HttpResponseBase, answer)
    return render(request, "setup/operator.html", {"form": form}, status=REFUSED if form.errors else 200)
