"""Landing pages: their addresses, and a draft compiled."""

from typing import Final
from urllib.parse import urlsplit

from mailflatrate.apps.accounts.queries import current_account
from mailflatrate.apps.campaigns.content.child_compiler import landing_page_in_child
from mailflatrate.apps.campaigns.media import media_ids_in, without_host
from mailflatrate.apps.domains.queries import media_base
from mailflatrate.base import tenancy
from mailflatrate.mail.content.landing_page import CompiledPage
from mailflatrate.rules.forms.landing import LandingContent
from mailflatrate.settings.schema import load_settings

LANDING_PATH: Final = "l"


@tenancy.needs_account
def landing_url(code: str) -> str:
    """Return a landing page's address: on the account's own host if that passes its check, otherwise on ours."""
    return f"{media_base()}/{LANDING_PATH}/{code}/"


def compile_landing(content: LandingContent) -> tuple[CompiledPage, tuple[str, ...]]:
    """Also return foreign images' addresses; ours have only a path: any host serves them. Raises SourceRefused."""
    account = current_account()
    compiled = landing_page_in_child(without_host(content.source), content.language, account.name)
    return compiled, tuple(url for url in compiled.pictures if not is_own_picture(url, account.id))


def is_own_picture(url: str, account_id: int) -> bool:
    """Return whether a page may show this image: part of the page itself, the account's or the service's own."""
    if url.startswith("data:image/"):
        return True
    parts = urlsplit(url)
    is_path = not parts.netloc and not parts.scheme and url.startswith("/m/")
    return is_path and (url.startswith("/m/shipped/") or bool(media_ids_in(url, account_id)))


def service_landing_url(code: str) -> str:
    return f"{load_settings().public_url}/{LANDING_PATH}/{code}/"
