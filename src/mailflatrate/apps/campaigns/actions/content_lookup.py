"""Look up the product of a page, or the items of a feed: a worker fetches them once, and a person inserts them.

Fetches are those of `page_fetches` and read in a child process. Pictures are taken into Media only if the person says
that they may use them. Nothing is fetched when a campaign is sent, and nothing recurs.
"""

import time
from collections.abc import Callable
from dataclasses import asdict
from datetime import timedelta
from typing import Any, Final, TypeAlias
from urllib.parse import urlsplit

from django.utils.translation import gettext as _

from mailflatrate.apps.accounts.models import User
from mailflatrate.apps.campaigns.actions.media import upload_media
from mailflatrate.apps.campaigns.actions.message_copies import LOST_AFTER, PICTURE_OCTETS, decoded, is_web_address
from mailflatrate.apps.campaigns.errors import CampaignError, CampaignInputError, MediaRefused
from mailflatrate.apps.campaigns.media import message_url
from mailflatrate.apps.campaigns.models import ContentLookup, CopyState, LookupKind, MediaFile
from mailflatrate.apps.campaigns.page_fetches import fetch_counted, is_used_up, turn_of_account, used_up_words
from mailflatrate.apps.domains.actions.domains import configured_resolver
from mailflatrate.base import audit, child, clock, jobs, tenancy
from mailflatrate.base.long_task import ends_on_error
from mailflatrate.mail.feed_values import NoFeed
from mailflatrate.mail.found_values import FoundGap, FoundItem
from mailflatrate.wire.dns import Resolver
from mailflatrate.wire.web import Document, Want, WebStatus

JOB: Final = "campaigns.look_up_content"
MOST_A_DAY: Final = 200
MOST_ITEMS: Final = 10
"""Items of a feed that are inserted at once."""
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
_PROBLEMS: Final = {WebStatus.MISSING: "missing", WebStatus.FAILED: "failed", WebStatus.UNKNOWN: "unreachable"}
_Get: TypeAlias = Callable[[str, Want], Document | None]


class _NotFound(Exception):
    """Raised when nothing is found; `problem` says why."""

    def __init__(self, problem: str) -> None:
        super().__init__(problem)
        self.problem = problem


def request_content(kind: LookupKind, url: str, *, most: int, with_pictures: bool, by: User) -> ContentLookup:
    """Ask for the product of a page or the newest `most` items of a feed. Raises CampaignError."""
    url = url.strip()
    if url and "://" not in url:
        url = f"https://{url}"
    if not is_web_address(url):
        raise CampaignInputError(_("Enter a whole web address, such as https://example.com/product."))
    now = clock.now()
    if ContentLookup.objects.filter(requested_at__gt=now - timedelta(days=1)).count() >= MOST_A_DAY:
        raise CampaignError(_("You can look up %(most)d pages a day. Continue tomorrow.") % {"most": MOST_A_DAY})
    if is_used_up():
        raise CampaignError(used_up_words())
    lookup = ContentLookup.objects.create(
        kind=kind,
        url=url,
        most=max(1, min(most, MOST_ITEMS)),
        with_pictures=with_pictures,
        requested_by=by,
        requested_at=now,
    )
    audit.record(
        "campaign.content_looked_up",
        by=audit.person(by),
        account_id=lookup.account_id,
        subject=f"content_lookup:{lookup.id}",
        details={"kind": lookup.kind, "host": urlsplit(url).hostname or "", "with_pictures": with_pictures},
    )
    jobs.defer(
        JOB,
        jobs.JobQueue.FETCH,
        lock=turn_of_account(),
        once=f"content-{lookup.id}",
        account_id=lookup.account_id,
        lookup_id=lookup.id,
    )
    return lookup


@tenancy.needs_platform
def forget_old_lookups() -> None:
    """Delete old lookups of all accounts, and fail those whose job was lost."""
    now = clock.now()
    ContentLookup.objects.filter(requested_at__lt=now - KEPT).delete()
    lost = ContentLookup.objects.filter(state=CopyState.WAITING, requested_at__lt=now - LOST_AFTER)
    lost.update(state=CopyState.FAILED, problem="broken")


def look_up_content(
    account_id: int, lookup_id: int, *, resolver: Resolver | None = None, private: bool = False
) -> None:
    """Fetch what a lookup asks for. Idempotent. `private` is for tests only."""
    with tenancy.account(account_id):
        lookup = ContentLookup.objects.filter(id=lookup_id, state=CopyState.WAITING).first()
    if lookup is None:
        return
    resolver = resolver or configured_resolver()

    def get(url: str, want: Want) -> Document | None:
        return fetch_counted(account_id, url, resolver, want, private=private)

    def end(state: CopyState, **values: Any) -> None:
        with tenancy.account(account_id):
            ContentLookup.objects.filter(id=lookup_id, state=CopyState.WAITING).update(state=state, **values)

    with ends_on_error("content lookup", lambda: end(CopyState.FAILED, problem="broken"), lookup_id=lookup_id):
        try:
            items = _read(lookup, get)
        except _NotFound as refused:
            end(CopyState.FAILED, problem=refused.problem)
            return
        pictures = _pictures(lookup, items, get)
        end(CopyState.DONE, found=[_stored(account_id, lookup, item, picture) for item, picture in pictures])


def _read(lookup: ContentLookup, get: _Get) -> tuple[FoundItem, ...]:
    is_feed = lookup.kind == LookupKind.FEED
    seen = get(lookup.url, FEED if is_feed else PAGE)
    if seen is None:
        raise _NotFound("used_up")
    if seen.status is not WebStatus.OK:
        raise _NotFound(_PROBLEMS[seen.status])
    try:
        if is_feed:
            items: tuple[FoundItem, ...] = child.call("product.feed", seen.body, seen.content_type)
            return items[: lookup.most]
        item: FoundItem = child.call("product.page", decoded(seen.body), seen.url)
    except NoFeed as problem:
        raise _NotFound("no_feed") from problem
    except child.ChildError as problem:
        raise _NotFound("unreadable") from problem
    if not item.title:
        raise _NotFound("empty")
    return (item,)


def _pictures(
    lookup: ContentLookup, items: tuple[FoundItem, ...], get: _Get
) -> list[tuple[FoundItem, Document | None]]:
    """Return the items with their pictures as they were fetched; None for one that isn't wanted or can't be had."""
    until, found = time.monotonic() + PICTURES_SECONDS, []
    for item in items:
        seen = None
        if lookup.with_pictures and item.picture and time.monotonic() < until:
            seen = get(item.picture, PICTURE)
        is_whole = seen is not None and seen.status is WebStatus.OK and len(seen.body) < PICTURE_OCTETS
        found.append((item, seen if is_whole else None))
    return found


def _stored(account_id: int, lookup: ContentLookup, item: FoundItem, picture: Document | None) -> dict[str, Any]:
    """Return what the table keeps of an item; `image` is the address of its picture in Media, or empty."""
    image = _taken(account_id, lookup, item, picture) if picture is not None else ""
    gaps = list(item.gaps)
    if lookup.with_pictures and item.picture and not image:
        gaps.append((FoundGap.PICTURE_LOST.value, ""))
    return {**asdict(item), "gaps": gaps, "image": image}


def _taken(account_id: int, lookup: ContentLookup, item: FoundItem, picture: Document) -> str:
    name = urlsplit(item.picture).path.rpartition("/")[2][:120]
    try:
        with tenancy.account(account_id):
            media = upload_media(picture.body, name=name, alt=item.title, decorative=False, by=lookup.requested_by)
            return message_url(media, list(MediaFile.objects.filter(media=media)))
    except MediaRefused:
        return ""
