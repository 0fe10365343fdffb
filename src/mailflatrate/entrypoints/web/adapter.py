"""How allauth behaves here: no sign-up by oneself, mails through notices."""

from allauth.account.adapter import DefaultAccountAdapter
from django.http import HttpRequest
from django.urls import reverse

from mailflatrate.apps.accounts import queries
from mailflatrate.apps.accounts.models import User


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]  # allauth has no types
    """Accounts are applied for and checked (R-01); users are invited, never self-made."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Nobody signs up by himself."""
        return False

    def get_login_redirect_url(self, request: HttpRequest) -> str:
        """People of the operator begin at the desk, unless they work for a customer, too."""
        user = request.user
        if isinstance(user, User) and user.is_staff and not queries.memberships(user):
            return reverse("desk:home")
        return str(super().get_login_redirect_url(request))
