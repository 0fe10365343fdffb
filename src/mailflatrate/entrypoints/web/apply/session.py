"""Which application this browser may write, and the link that says so."""

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
    """The content of a genuine link: the address that was proved, and its reader's language."""

    email: str
    language: str


def link_for(email: str, language: str) -> str:
    """The absolute link to the beginning, or the continuation, of the application of this address."""
    token = signing.dumps([email, language], salt=SALT, compress=True)
    return load_settings().public_url + reverse("apply:begin", args=[token])


def open_link(token: str) -> ApplicationLink | None:
    """What a link says; None for a forged one and for one older than 14 days."""
    try:
        email, language = signing.loads(token, salt=SALT, max_age=LINK_SECONDS)
    except (signing.BadSignature, ValueError):
        return None
    return ApplicationLink(email, language)


def enter(request: HttpRequest, account_id: int) -> None:
    """This browser writes the application of `account_id` from now on."""
    request.session.cycle_key()
    request.session[SESSION_KEY] = account_id


def leave(request: HttpRequest) -> None:
    """Stop editing the application in this browser."""
    request.session.pop(SESSION_KEY, None)


def here(request: HttpRequest) -> int | None:
    """The account whose application this browser writes."""
    found = request.session.get(SESSION_KEY)
    return found if isinstance(found, int) else None
