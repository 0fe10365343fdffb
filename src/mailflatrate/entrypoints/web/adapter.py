"""How allauth behaves here: no sign-up by oneself, mails through notices."""

from allauth.account import forms
from allauth.account.adapter import DefaultAccountAdapter
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext_lazy

from mailflatrate.apps.accounts import actions, queries
from mailflatrate.apps.accounts.models import User
from mailflatrate.entrypoints.web.client import client_ip
from mailflatrate.entrypoints.web.sign_in import brake


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]  # allauth has no types
    """Accounts are applied for and checked (R-01); users are invited, never self-made."""

    error_messages = {
        **DefaultAccountAdapter.error_messages,
        "work_needed": gettext_lazy(
            "There have been too many sign-in attempts. Enter your password again: your browser then proves it "
            "isn't guessing, which takes a few seconds and requires JavaScript."
        ),
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Return False: no one can sign up on their own."""
        return False

    def get_login_redirect_url(self, request: HttpRequest) -> str:
        """People of the operator begin at the desk, unless they work for a customer, too."""
        user = request.user
        if isinstance(user, User) and user.is_staff and not queries.memberships(user):
            return reverse("desk:home")
        return str(super().get_login_redirect_url(request))

    def pre_authenticate(self, request: HttpRequest, **credentials: object) -> None:
        """Ask for work where an address or a network tried often. Raises ValidationError.

        Someone who is signed in and proves it again is counted by allauth's own limit on reauthentication.
        """
        if request.user.is_authenticated:
            return
        level = brake.work_needed(request, str(credentials.get("email") or ""))
        if level:
            request.sign_in_level = level  # type: ignore[attr-defined]  # the page offers the work
            raise self.validation_error("work_needed")

    def authenticate(self, request: HttpRequest, **credentials: object) -> User | None:
        """Try the credentials; a right password takes its attempt off the brake."""
        user: User | None = super().authenticate(request, **credentials)
        if user is not None and not request.user.is_authenticated:
            brake.signed_in(request, str(credentials.get("email") or ""))
        return user

    def get_client_ip(self, request: HttpRequest) -> str:
        """Return the visitor's address behind our own proxies, for rate limits and the list of sessions."""
        return client_ip(request) or "unknown"


class ResetPasswordForm(forms.ResetPasswordForm):  # type: ignore[misc]
    """Asks for a password link without looking the address up: the answer is the same for everyone."""

    def clean_email(self) -> str:
        """Take any address; allauth's own form looks for its user here."""
        return str(self.cleaned_data["email"]).lower()

    def save(self, request: HttpRequest, **_kwargs: object) -> str:
        """Queue the mail."""
        email = str(self.cleaned_data["email"])
        actions.request_password_reset(email)
        return email
