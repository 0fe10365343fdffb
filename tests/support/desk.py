"""Otto, an operator signed in at the desk with a second factor; for tests of everything the desk decides."""

import time
from dataclasses import dataclass

from allauth.account.internal.flows.login import (
    _AUTHENTICATION_METHODS_USER_SESSION_KEY,
    AUTHENTICATION_METHODS_SESSION_KEY,
)
from allauth.account.internal.userkit import user_id_to_str
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.test import Client

from mailflatrate.apps.accounts.models import User
from mailflatrate.base import tenancy
from support.people import operator


@dataclass(frozen=True)
class Desk:
    """One operator and their browser."""

    user: User
    client: Client

    def page(self, url: str, status: int = 200) -> str:
        """Return what they see under /desk/."""
        answer = self.client.get(f"/desk/{url}")
        assert answer.status_code == status, answer.content[-2000:]
        return answer.content.decode()


def sign_in_with_second_factor(client: Client, user: User) -> None:
    """What allauth leaves in the session after the second factor (its own flow is walked in the browser test)."""
    with tenancy.access():
        factor = TOTP.activate(user, generate_totp_secret()).instance
    client.force_login(user)
    session = client.session
    session[AUTHENTICATION_METHODS_SESSION_KEY] = [
        {"method": "mfa", "at": time.time(), "id": factor.pk, "type": factor.type}
    ]
    session[_AUTHENTICATION_METHODS_USER_SESSION_KEY] = user_id_to_str(user)
    session.save()


def desk(name: str = "Otto") -> Desk:
    """A fresh operator who may work at the desk."""
    user, client = operator(name), Client()
    sign_in_with_second_factor(client, user)
    return Desk(user, client)
