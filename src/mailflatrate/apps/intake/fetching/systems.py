"""The systems that we can fetch from, and the form of their keys."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from mailflatrate.apps.intake.fetching.api import ApiLink
from mailflatrate.apps.intake.fetching.brevo import Brevo
from mailflatrate.apps.intake.fetching.cleverreach import CleverReach
from mailflatrate.apps.intake.fetching.connector import Connector
from mailflatrate.apps.intake.fetching.listmonk import Listmonk
from mailflatrate.apps.intake.fetching.mailchimp import Mailchimp
from mailflatrate.apps.intake.fetching.mailerlite import MailerLite
from mailflatrate.apps.lists.errors import FetchProblem

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

MOST_KEY_CHARACTERS: Final = 2_000
LEAST_KEY_CHARACTERS: Final = 8


@dataclass(frozen=True, slots=True)
class FetchSystem:
    """`where` the customer finds the key. `has_own_address`: self-hosted."""

    name: str
    connect: Callable[[str, str, ApiLink], Connector]
    where: "StrOrPromise"
    has_own_address: bool = False
    has_templates: bool = False


_ALL = (
    FetchSystem(
        "mailchimp",
        Mailchimp,
        gettext_lazy("Your profile, Account & billing, Extras, API keys, Create a key. It ends in -us and a number."),
        has_templates=True,
    ),
    FetchSystem(
        "brevo",
        Brevo,
        gettext_lazy("Your name at the top right, SMTP & API, API keys, Generate a new API key."),
        has_templates=True,
    ),
    FetchSystem(
        "cleverreach",
        CleverReach,
        gettext_lazy("My account, Extras, REST API, Create an OAuth app. Enter its ID and secret as ID:SECRET."),
        has_templates=True,
    ),
    FetchSystem(
        "mailerlite", MailerLite, gettext_lazy("Integrations, API, Use, Generate new token."), has_templates=True
    ),
    FetchSystem(
        "listmonk",
        Listmonk,
        gettext_lazy(
            "Admin, Users, New, type API, with a role that may read subscribers. Enter its name and token: NAME:TOKEN."
        ),
        has_own_address=True,
        has_templates=True,
    ),
)
SYSTEMS: Final[Mapping[str, FetchSystem]] = MappingProxyType({system.name: system for system in _ALL})


def check_key(system: str, key: str, base_url: str) -> tuple[str, str]:
    """In their usual form. Raises FetchProblem."""
    connector = SYSTEMS.get(system)
    if connector is None:
        raise FetchProblem(_("choose one of the systems offered"))
    key = key.strip()
    if not LEAST_KEY_CHARACTERS <= len(key) <= MOST_KEY_CHARACTERS or not key.isascii() or not key.isprintable():
        raise FetchProblem(_("this isn't an API key; copy the whole key without spaces"))
    if not connector.has_own_address:
        return key, ""
    if ":" not in key:
        raise FetchProblem(_("enter the name of the API user and its token as NAME:TOKEN"))
    base_url = base_url.strip().rstrip("/")
    try:
        parts = urlsplit(base_url)
        is_plain = parts.scheme == "https" and parts.hostname and not parts.username and parts.port in (None, 443)
    except ValueError:
        is_plain = False
    if not is_plain or parts.query or parts.fragment or len(base_url) > 300:
        raise FetchProblem(_("enter the address where you sign in, beginning with https://"))
    return key, base_url.removesuffix("/admin")
