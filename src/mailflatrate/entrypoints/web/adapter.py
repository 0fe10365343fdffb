"""How allauth works in this service: no self-service sign-up; email is sent as notices."""

from typing import Any

from allauth.account import forms
from allauth.account.adapter import DefaultAccountAdapter
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext_lazy

from mailflatrate.apps.accounts import queries
from mailflatrate.apps.accounts.actions import passwords
from mailflatrate.apps.accounts.models import User
from mailflatrate.entrypoints.client import client_ip
from mailflatrate.entrypoints.sign_in import attempt_limits


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]  # allauth has no types
    """Accounts are applied for and vetted (R-01); users are invited and can't sign up themselves."""

    error_messages = {
        **DefaultAccountAdapter.error_messages,
        "email_password_mismatch": gettext_lazy("The email address or the password is wrong. Check both."),
        "work_needed": gettext_lazy(
            "There have been too many sign-in attempts. Enter your password again: your browser then proves it "
            "isn't guessing, which takes a few seconds and requires JavaScript."
        ),
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def get_login_redirect_url(self, request: HttpRequest) -> str:
        """Send operator staff to the desk after sign-in, unless they also work for a customer."""
        user = request.user
        if isinstance(user, User) and user.is_staff and not queries.memberships(user):
            return reverse("desk:home")
        return str(super().get_login_redirect_url(request))

    def pre_authenticate(self, request: HttpRequest, **credentials: object) -> None:
        """Raises ValidationError without proof of work after many attempts; allauth limits reauthentication itself."""
        if request.user.is_authenticated:
            return
        level = attempt_limits.work_needed(request, str(credentials.get("email") or ""))
        if level:
            request.sign_in_level = level  # type: ignore[attr-defined]  # the page offers the work
            raise self.validation_error("work_needed")

    def authenticate(self, request: HttpRequest, **credentials: object) -> User | None:
        """Try the credentials; a correct password no longer counts toward the attempt limit."""
        user: User | None = super().authenticate(request, **credentials)
        if user is not None and not request.user.is_authenticated:
            attempt_limits.signed_in(request, str(credentials.get("email") or ""))
        return user

    def get_client_ip(self, request: HttpRequest) -> str:
        return client_ip(request) or "unknown"


class LoginForm(forms.LoginForm):  # type: ignore[misc]
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "remember" in self.fields:
            self.fields["remember"].label = gettext_lazy("Stay signed in")


class ResetPasswordForm(forms.ResetPasswordForm):  # type: ignore[misc]
    """Requests a password link without looking up the address, so that the response is the same for everyone."""

    def clean_email(self) -> str:
        """Accept any address; allauth's own form looks up its user here."""
        return str(self.cleaned_data["email"]).lower()

    def save(self, request: HttpRequest, **_kwargs: object) -> str:
        email = str(self.cleaned_data["email"])
        passwords.request_password_reset(email)
        return email
