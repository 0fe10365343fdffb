"""Tasks that fetch pages which a customer names: counted, outside any transaction, from public addresses only."""

import re
from dataclasses import dataclass
from datetime import timedelta
from typing import Final, TypeVar
from urllib.parse import urlsplit

from mailflatrate.apps.campaigns.actions.media import upload_media
from mailflatrate.apps.campaigns.content.page_fetches import fetch_counted
from mailflatrate.apps.campaigns.errors import MediaRefused
from mailflatrate.apps.campaigns.media import message_url
from mailflatrate.apps.campaigns.models import Media, MediaFile
from mailflatrate.apps.domains.actions.domains import configured_resolver
from mailflatrate.base import tenancy
from mailflatrate.base.long_task import LongTask, TaskRunner
from mailflatrate.wire.dns import Resolver
from mailflatrate.wire.web import Document, Want, WebStatus

LOST_AFTER: Final = timedelta(days=1)
"""No job works for a task that has waited this long."""
_PROBLEMS: Final = {WebStatus.MISSING: "missing", WebStatus.FAILED: "failed", WebStatus.UNKNOWN: "unreachable"}
T = TypeVar("T", bound=LongTask)


class FetchRefused(Exception):
    """Nothing could be fetched, or nothing was in it; the message is the code of the problem."""


@dataclass(frozen=True)
class FetchRunner(TaskRunner[T]):
    """Carries out such tasks. `private` is for tests only."""

    resolver: Resolver | None = None
    private: bool = False

    refusals = (FetchRefused,)

    def fetch(self, task: T, url: str, want: Want) -> Document:
        resolver = self.resolver or configured_resolver()
        seen = fetch_counted(task.account_id, url, resolver, want, private=self.private)
        if seen is None or seen.status is not WebStatus.OK:
            raise FetchRefused("used_up" if seen is None else _PROBLEMS[seen.status])
        return seen

    def take_picture(self, task: T, url: str, want: Want, *, alt: str, name: str = "") -> Media | None:
        """Take a picture into Media; None if it can't be fetched, or is none that we take."""
        try:
            seen = self.fetch(task, url, want)
        except FetchRefused:
            return None
        if len(seen.body) >= want.most_octets:
            return None  # cut off
        name = name or urlsplit(url).path.rpartition("/")[2][:120]
        try:
            with tenancy.account(task.account_id):
                return upload_media(seen.body, name=name, alt=alt, decorative=False, by=task.created_by)
        except MediaRefused:
            return None


def picture_address(media: Media | None) -> str:
    if media is None:
        return ""
    with tenancy.account(media.account_id):
        return message_url(media, list(MediaFile.objects.filter(media=media)))


def is_web_address(url: str) -> bool:
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return len(url) <= 2000 and parts.scheme in ("http", "https") and bool(parts.hostname) and not re.search(r"\s", url)
