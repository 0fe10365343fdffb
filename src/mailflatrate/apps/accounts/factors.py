"""A user's second factors, and the link by which their mailbox confirms the first one."""

import hashlib
from datetime import timedelta

from allauth.mfa.models import Authenticator
from django.core import signing
from django.urls import reverse

from mailflatrate.apps.accounts.models import User
from mailflatrate.apps.accounts.models.sessions import BrowserSession
from mailflatrate.base import audit, tenancy
from mailflatrate.base.tenancy import PlatformReason
from mailflatrate.settings import load_settings

FACTORS = (Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN)
LINK_WORKS = timedelta(hours=1)
_SALT = "mailflatrate first factor"


def has_second_factor(user: User) -> bool:
    return bool(Authenticator.objects.filter(user=user, type__in=FACTORS).exists())


def factor_state(user: User) -> str:
    """A fingerprint of address, password and factors; a link is valid only while it stays the same."""
    return hashlib.sha256(f"{user.email} {user.password} {has_second_factor(user)}".encode()).hexdigest()[:32]


def factor_link(user: User) -> str:
    token = signing.dumps([user.id, factor_state(user)], salt=_SALT)
    return load_settings().public_url + reverse("prove_mailbox", kwargs={"token": token})


def is_factor_token(token: str, user: User) -> bool:
    """Return whether a link's token was issued for this user, as they are now, within the last hour."""
    try:
        payload = signing.loads(token, salt=_SALT, max_age=LINK_WORKS)
    except (signing.BadSignature, ValueError):
        return False
    return bool(payload == [user.id, factor_state(user)])


def remove_factors(user: User) -> None:
    """Ends their sessions, too. Only for the command line: a person who lost theirs proves the mailbox again."""
    with tenancy.access():
        Authenticator.objects.filter(user=user).delete()
        BrowserSession.objects.filter(user=user).delete()
        with tenancy.platform(PlatformReason.SETUP):
            audit.record("second_factor.removed", by=audit.machine("second-factor"), subject=f"user:{user.id}")
