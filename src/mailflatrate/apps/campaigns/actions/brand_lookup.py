"""Look up a brand on a website: a worker fetches the page, its style sheets and a logo, and a person confirms them."""

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from django.utils.translation import gettext as _

from mailflatrate.apps.campaigns.actions.fetch_runner import LOST_AFTER, FetchRefused, FetchRunner, is_web_address
from mailflatrate.apps.campaigns.actions.message_copies import AGENT, PAGE, PICTURE, decoded
from mailflatrate.apps.campaigns.content.page_fetches import is_used_up, turn_of_account, used_up_words
from mailflatrate.apps.campaigns.errors import CampaignError, CampaignInputError
from mailflatrate.apps.campaigns.models import BrandLookup
from mailflatrate.base import child, clock, tenancy
from mailflatrate.base.long_task import TaskState, fail_lost
from mailflatrate.mail.fetched.values import SiteBrand
from mailflatrate.wire.web import Want

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
