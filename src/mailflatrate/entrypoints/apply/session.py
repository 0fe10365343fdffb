"""Which application this browser may edit, and the link that grants it."""

from dataclasses import dataclass

from django.core import signing
from django.http import HttpRequest
from django.urls import reverse

from mailflatrate.settings import load_settings

SALT = "mailflatrate.apply"
SESSION_KEY = "application_account_id"
LINK_SECONDS = 14 * 24 * 3600


@dataclass(frozen=True, slots=True)
class ApplicationLink:
    email: str
    language: str


def link_for(email: str, language: str) -> str:
    token = signing.dumps([email, language], salt=SALT, compress=True)
    return load_settings().public_url + reverse("apply:begin", args=[token])


def open_link(token: str) -> ApplicationLink | None:
    """Return the contents of a link, or None if it is forged or older than 14 days."""
    try:
        email, language = signing.loads(token, salt=SALT, max_age=LINK_SECONDS)
    except (signing.BadSignature, ValueError):
        return None
    return ApplicationLink(email, language)


def enter(request: HttpRequest, account_id: int) -> None:
    request.session.cycle_key()
    request.session[SESSION_KEY] = account_id


def leave(request: HttpRequest) -> None:
    request.session.pop(SESSION_KEY, None)


def here(request: HttpRequest) -> int | None:
    account_id = request.session.get(SESSION_KEY)
    return account_id if isinstance(account_id, int) else None
