"""Look up a brand on a website: a worker fetches the page, its style sheets and a logo, and a person confirms them."""

from typing import Final
from urllib.parse import urlsplit

from django.utils.translation import gettext as _

from mailflatrate.apps.campaigns.actions.media import upload_media
from mailflatrate.apps.campaigns.actions.message_copies import AGENT, PAGE, PICTURE, decoded, is_web_address
from mailflatrate.apps.campaigns.errors import CampaignInputError, MediaRefused
from mailflatrate.apps.campaigns.models import BrandLookup, CopyState
from mailflatrate.apps.domains.actions.domains import configured_resolver
from mailflatrate.base import child, clock, jobs, tenancy
from mailflatrate.mail.site_values import SiteBrand
from mailflatrate.wire.dns import Resolver
from mailflatrate.wire.web import Want, WebStatus, fetch

SHEET: Final = Want(accept="text/css", agent=AGENT, most_octets=256 * 1024, seconds=10.0)


def request_lookup(url: str) -> BrandLookup:
    """Ask for the brand of a website, in place of an earlier lookup. Raises CampaignInputError."""
    url = url.strip()
    if "://" not in url:
        url = f"https://{url}"
    if not is_web_address(url):
        raise CampaignInputError(_("Enter a web address, such as https://example.com."))
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
        "campaigns.look_up_brand",
        jobs.JobQueue.IMPORT,
        once=f"brand-{lookup.account_id}",
        account_id=lookup.account_id,
    )
    return lookup


def current_lookup() -> BrandLookup | None:
    """Return the account's latest lookup."""
    return BrandLookup.objects.select_related("logo").first()


def look_up_brand(account_id: int, *, resolver: Resolver | None = None, private: bool = False) -> None:
    """Look up the brand that was asked for. Idempotent. `private` is for tests only."""
    with tenancy.account(account_id):
        lookup = BrandLookup.objects.filter(state=CopyState.WAITING).first()
    if lookup is None:
        return
    resolver = resolver or configured_resolver()
    brand = _read(lookup.url, resolver, private=private)
    if brand is None:
        with tenancy.account(account_id):
            BrandLookup.objects.filter(id=lookup.id, url=lookup.url).update(state=CopyState.FAILED)
        return
    logo_id = _logo(account_id, lookup.url, brand, resolver, private=private)
    with tenancy.account(account_id):
        BrandLookup.objects.filter(id=lookup.id, url=lookup.url, state=CopyState.WAITING).update(
            state=CopyState.DONE, values=dict(brand.values), colors=list(brand.colors), logo_id=logo_id
        )


def _read(url: str, resolver: Resolver, *, private: bool) -> SiteBrand | None:
    seen = fetch(url, resolver, PAGE, private=private)
    if seen.status is not WebStatus.OK:
        return None
    html = decoded(seen.body)
    try:
        addresses: tuple[str, ...] = child.call("brand.sheets", html, seen.url)
        sheets = (fetch(address, resolver, SHEET, private=private) for address in addresses)
        css = "\n".join(decoded(sheet.body) for sheet in sheets if sheet.status is WebStatus.OK)
        found: SiteBrand = child.call("brand.read", html, seen.url, css)
    except child.ChildError:
        return None
    return found


def _logo(account_id: int, url: str, brand: SiteBrand, resolver: Resolver, *, private: bool) -> int | None:
    """Take the first logo that is a picture into Media; return its ID."""
    name = _("Logo of %(site)s") % {"site": urlsplit(url).hostname or ""}
    for address in brand.logos:
        seen = fetch(address, resolver, PICTURE, private=private)
        if seen.status is not WebStatus.OK:
            continue
        try:
            with tenancy.account(account_id):
                return upload_media(seen.body, name=name, alt=name, decorative=False, by=None).id
        except MediaRefused:
            continue
    return None
