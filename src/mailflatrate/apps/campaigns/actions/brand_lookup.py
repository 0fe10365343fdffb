"""Look up a brand on a website: a worker fetches the page, its style sheets and a logo, and a person confirms them."""

from collections.abc import Callable
from typing import Any, Final, TypeAlias
from urllib.parse import urlsplit

from django.utils.translation import gettext as _

from mailflatrate.apps.campaigns.actions.media import upload_media
from mailflatrate.apps.campaigns.actions.message_copies import (
    AGENT,
    LOST_AFTER,
    PAGE,
    PICTURE,
    decoded,
    is_web_address,
)
from mailflatrate.apps.campaigns.errors import CampaignError, CampaignInputError, MediaRefused
from mailflatrate.apps.campaigns.models import BrandLookup, CopyState
from mailflatrate.apps.campaigns.page_fetches import fetch_counted, is_used_up, turn_of_account, used_up_words
from mailflatrate.apps.domains.actions.domains import configured_resolver
from mailflatrate.base import child, clock, jobs, tenancy
from mailflatrate.base.long_task import ends_on_error
from mailflatrate.mail.site_values import SiteBrand
from mailflatrate.wire.dns import Resolver
from mailflatrate.wire.web import Document, Want, WebStatus

JOB: Final = "campaigns.look_up_brand"
SHEET: Final = Want(accept="text/css", agent=AGENT, most_octets=256 * 1024, seconds=10.0)
_Get: TypeAlias = Callable[[str, Want], Document]


def request_lookup(url: str) -> BrandLookup:
    """Ask for the brand of a website, in place of an earlier lookup. Raises CampaignError."""
    url = url.strip()
    if "://" not in url:
        url = f"https://{url}"
    if not is_web_address(url):
        raise CampaignInputError(_("Enter a web address, such as https://example.com."))
    if is_used_up():
        raise CampaignError(used_up_words())
    lookup, _made = BrandLookup.objects.update_or_create(
        account_id=tenancy.current_account_id(),
        defaults={
            "url": url,
            "state": CopyState.WAITING,
            "values": {},
            "colors": [],
            "logo": None,
            "requested_at": clock.now(),
        },
    )
    jobs.defer(
        JOB,
        jobs.JobQueue.FETCH,
        lock=turn_of_account(),
        once=f"brand-{lookup.account_id}",
        account_id=lookup.account_id,
    )
    return lookup


@tenancy.needs_platform
def fail_lost_lookups() -> None:
    """Fail the lookups of all accounts whose job was lost."""
    lost = BrandLookup.objects.filter(state=CopyState.WAITING, requested_at__lt=clock.now() - LOST_AFTER)
    lost.update(state=CopyState.FAILED)


def current_lookup() -> BrandLookup | None:
    return BrandLookup.objects.select_related("logo").first()


def look_up_brand(account_id: int, *, resolver: Resolver | None = None, private: bool = False) -> None:
    """Look up the brand that was asked for. Idempotent. `private` is for tests only."""
    with tenancy.account(account_id):
        lookup = BrandLookup.objects.filter(state=CopyState.WAITING).first()
    if lookup is None:
        return
    resolver = resolver or configured_resolver()

    def get(url: str, want: Want) -> Document:
        return fetch_counted(account_id, url, resolver, want, private=private) or Document(url, WebStatus.UNKNOWN)

    def end(state: CopyState, **found: Any) -> None:
        with tenancy.account(account_id):
            waiting = BrandLookup.objects.filter(id=lookup.id, url=lookup.url, state=CopyState.WAITING)
            waiting.update(state=state, **found)

    with ends_on_error("brand lookup", lambda: end(CopyState.FAILED)):
        brand = _read(lookup.url, get)
        if brand is None:
            end(CopyState.FAILED)
            return
        logo_id = _logo(account_id, lookup.url, brand, get)
        end(CopyState.DONE, values=dict(brand.values), colors=list(brand.colors), logo_id=logo_id)


def _read(url: str, get: _Get) -> SiteBrand | None:
    seen = get(url, PAGE)
    if seen.status is not WebStatus.OK:
        return None
    html = decoded(seen.body)
    try:
        addresses: tuple[str, ...] = child.call("brand.sheets", html, seen.url)
        sheets = (get(address, SHEET) for address in addresses)
        css = "\n".join(decoded(sheet.body) for sheet in sheets if sheet.status is WebStatus.OK)
        found: SiteBrand = child.call("brand.read", html, seen.url, css)
    except child.ChildError:
        return None
    return found


def _logo(account_id: int, url: str, brand: SiteBrand, get: _Get) -> int | None:
    """Take the first logo that is a picture into Media; return its ID."""
    name = _("Logo of %(site)s") % {"site": urlsplit(url).hostname or ""}
    for address in brand.logos:
        seen = get(address, PICTURE)
        if seen.status is not WebStatus.OK:
            continue
        try:
            with tenancy.account(account_id):
                return upload_media(seen.body, name=name, alt=name, decorative=False, by=None).id
        except MediaRefused:
            continue
    return None
