"""The account's brand: how its campaigns look."""

from collections.abc import Collection, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from django.utils.translation import gettext as _

from mailflatrate.apps.accounts.actions.people import change_colour
from mailflatrate.apps.campaigns.actions.fetch_runner import LOST_AFTER, FetchRefused, FetchRunner, is_web_address
from mailflatrate.apps.campaigns.actions.message_copies import AGENT, PAGE, PICTURE, decoded
from mailflatrate.apps.campaigns.content.page_fetches import is_used_up, turn_of_account, used_up_words
from mailflatrate.apps.campaigns.errors import CampaignError, CampaignInputError
from mailflatrate.apps.campaigns.models import BrandKit, BrandLookup, Media
from mailflatrate.base import child, clock, tenancy
from mailflatrate.base.long_task import TaskState, fail_lost
from mailflatrate.mail.fetched.values import SiteBrand
from mailflatrate.mail.html.brand_style import BUTTON_SHAPES, FONTS, LINK_STYLES, is_colour
from mailflatrate.wire.web import Want

COLOURS = ("primary", "ink", "sheet", "page", "imprint_ink", "imprint_ground")
CHOICES: Mapping[str, Collection[str]] = {
    "heading_font": FONTS,
    "body_font": FONTS,
    "button_shape": BUTTON_SHAPES,
    "link_style": LINK_STYLES,
}
USUAL = {"button_shape": "rounded", "link_style": "underline"}


def save_brand(values: Mapping[str, str], *, logo_id: int | None, dark_logo_id: int | None = None) -> BrandKit:
    """Colors are `#rrggbb`. The only place that sets an account's look; public pages and confirmation email use the
    primary color, too. Raises CampaignError.
    """
    values = {**USUAL, **values}
    wrong = [name for name in COLOURS if not is_colour(values.get(name, ""))]
    wrong += [name for name, offered in CHOICES.items() if values.get(name) not in offered]
    if wrong:
        raise CampaignError(_("Not one of the available colors or fonts: %(names)s") % {"names": ", ".join(wrong)})
    logo = Media.objects.filter(id=logo_id).first() if logo_id else None
    dark = Media.objects.filter(id=dark_logo_id).first() if dark_logo_id else None
    change_colour(tenancy.current_account_id(), values["primary"].lower())
    kit, _made = BrandKit.objects.update_or_create(
        account_id=tenancy.current_account_id(),
        defaults={**{name: values[name] for name in (*COLOURS, *CHOICES)}, "logo": logo, "logo_dark": dark},
    )
    return kit


SHEET: Final = Want(accept="text/css", agent=AGENT, most_octets=256 * 1024, seconds=10.0)


def request_lookup(url: str) -> BrandLookup:
    """Ask for the brand of a website, in place of an earlier lookup. Raises CampaignError."""
    url = url.strip()
    if "://" not in url:
        url = f"https://{url}"
    if not is_web_address(url):
        raise CampaignInputError(_("Enter a web address, such as https://example.com."))
    if is_used_up():
        raise CampaignError(used_up_words())
    BrandLookup.objects.all().delete()
    lookup = BrandLookup.objects.create(url=url, created_at=clock.now())
    lookup.enqueue(lock=turn_of_account())
    return lookup


@tenancy.needs_platform
def fail_lost_lookups() -> None:
    fail_lost(BrandLookup, clock.now() - LOST_AFTER)


def current_lookup() -> BrandLookup | None:
    return BrandLookup.objects.select_related("logo").order_by("-id").first()


@dataclass(frozen=True)
class BrandRunner(FetchRunner[BrandLookup]):
    model = BrandLookup

    def work(self, task: BrandLookup) -> None:
        seen = self.fetch(task, task.url, PAGE)
        html = decoded(seen.body)
        try:
            addresses: tuple[str, ...] = child.call("brand.sheets", html, seen.url)
            brand: SiteBrand = child.call("brand.read", html, seen.url, self._css(task, addresses))
        except child.ChildError:
            raise FetchRefused("unreadable") from None
        name = _("Logo of %(site)s") % {"site": urlsplit(task.url).hostname or ""}
        logos = (self.take_picture(task, address, PICTURE, name=name, alt=name) for address in brand.logos)
        logo = next(filter(None, logos), None)
        task.end(TaskState.DONE, values=dict(brand.values), colors=list(brand.colors), logo=logo)

    def _css(self, task: BrandLookup, addresses: Iterable[str]) -> str:
        sheets = []
        for address in addresses:
            with suppress(FetchRefused):
                sheets.append(decoded(self.fetch(task, address, SHEET).body))
        return "\n".join(sheets)
