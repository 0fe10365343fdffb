"""Look up a page's product or a feed's items: fetched once, read in a child process, inserted by a person. Pictures
are taken only if that person may use them. Nothing recurs, or is fetched when a campaign is sent.
"""

import time
from dataclasses import asdict, dataclass
from datetime import timedelta
from typing import Any, Final
from urllib.parse import urlsplit

from django.utils.translation import gettext as _

from mailflatrate.apps.accounts.models import User
from mailflatrate.apps.campaigns.actions.fetch_runner import (
    LOST_AFTER,
    FetchRefused,
    FetchRunner,
    is_web_address,
    picture_address,
)
from mailflatrate.apps.campaigns.actions.message_copies import PICTURE_OCTETS, decoded
from mailflatrate.apps.campaigns.content.page_fetches import is_used_up, turn_of_account, used_up_words
from mailflatrate.apps.campaigns.errors import CampaignError, CampaignInputError
from mailflatrate.apps.campaigns.models import ContentLookup, LookupKind
from mailflatrate.base import audit, child, clock, tenancy
from mailflatrate.base.long_task import TaskState, fail_lost
from mailflatrate.mail.fetched.values import FoundGap, FoundItem, NoFeed
from mailflatrate.wire.web import Want

MOST_A_DAY: Final = 200
MOST_ITEMS: Final = 10
KEPT: Final = timedelta(days=2)
PICTURES_SECONDS: Final = 45.0
AGENT: Final = "mailflatrate-content/1 (+a customer puts this into their newsletter)"
PAGE: Final = Want(accept="text/html", agent=AGENT, most_octets=1024 * 1024)
FEED: Final = Want(
    accept="application/rss+xml, application/atom+xml, application/xml;q=0.9, text/csv;q=0.8, */*;q=0.5",
    agent=AGENT,
    most_octets=4 * 1024 * 1024,
)
PICTURE: Final = Want(accept="image/*", agent=AGENT, most_octets=PICTURE_OCTETS, seconds=10.0)


def request_content(kind: LookupKind, url: str, *, most: int, with_pictures: bool, by: User) -> ContentLookup:
    """Ask for the product of a page or the newest `most` items of a feed. Raises CampaignError."""
    url = url.strip()
    if url and "://" not in url:
        url = f"https://{url}"
    if not is_web_address(url):
        raise CampaignInputError(_("Enter a whole web address, such as https://example.com/product."))
    now = clock.now()
    if ContentLookup.objects.filter(created_at__gt=now - timedelta(days=1)).count() >= MOST_A_DAY:
        raise CampaignError(_("You can look up %(most)d pages a day. Continue tomorrow.") % {"most": MOST_A_DAY})
    if is_used_up():
        raise CampaignError(used_up_words())
    lookup = ContentLookup.objects.create(
        kind=kind,
        url=url,
        most=max(1, min(most, MOST_ITEMS)),
        with_pictures=with_pictures,
        created_by=by,
        created_at=now,
    )
    audit.record(
        "campaign.content_looked_up",
        by=audit.person(by),
        account_id=lookup.account_id,
        subject=f"content_lookup:{lookup.id}",
        details={"kind": lookup.kind, "host": urlsplit(url).hostname or "", "with_pictures": with_pictures},
    )
    lookup.enqueue(lock=turn_of_account())
    return lookup


@tenancy.needs_platform
def forget_old_lookups() -> None:
    ContentLookup.objects.filter(created_at__lt=clock.now() - KEPT).delete()
    fail_lost(ContentLookup, clock.now() - LOST_AFTER)


@dataclass(frozen=True)
class ContentRunner(FetchRunner[ContentLookup]):
    model = ContentLookup

    def work(self, task: ContentLookup) -> None:
        until = time.monotonic() + PICTURES_SECONDS
        items = [self._stored(task, item, until) for item in self._read(task)]
        task.end(TaskState.DONE, found=items)

    def _read(self, task: ContentLookup) -> tuple[FoundItem, ...]:
        is_feed = task.kind == LookupKind.FEED
        seen = self.fetch(task, task.url, FEED if is_feed else PAGE)
        try:
            if is_feed:
                items: tuple[FoundItem, ...] = child.call("product.feed", seen.body, seen.content_type)
                return items[: task.most]
            item: FoundItem = child.call("product.page", decoded(seen.body), seen.url)
        except NoFeed as problem:
            raise FetchRefused("no_feed") from problem
        except child.ChildError as problem:
            raise FetchRefused("unreadable") from problem
        if not item.title:
            raise FetchRefused("empty")
        return (item,)

    def _stored(self, task: ContentLookup, item: FoundItem, until: float) -> dict[str, Any]:
        has_picture = task.with_pictures and bool(item.picture)
        image, gaps = "", list(item.gaps)
        if has_picture and time.monotonic() < until:
            image = picture_address(self.take_picture(task, item.picture, PICTURE, alt=item.title))
        if has_picture and not image:
            gaps.append((FoundGap.PICTURE_LOST.value, ""))
        return {**asdict(item), "gaps": gaps, "image": image}
