"""Copies of messages from other systems, as drafts in our source editor. Pages and pictures are fetched outside any
transaction, from public addresses only (`wire.web`), and read in a child process.
"""

import re
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Final
from urllib.parse import urlsplit

from django.utils.translation import gettext as _

from mailflatrate.apps.accounts.models import User
from mailflatrate.apps.accounts.queries import current_account
from mailflatrate.apps.campaigns.actions.drafts import create_campaign
from mailflatrate.apps.campaigns.actions.fetch_runner import (
    LOST_AFTER,
    FetchRefused,
    FetchRunner,
    is_web_address,
    picture_address,
)
from mailflatrate.apps.campaigns.content.page_fetches import is_used_up, turn_of_account, used_up_words
from mailflatrate.apps.campaigns.errors import CampaignError, CampaignInputError
from mailflatrate.apps.campaigns.models import ContentKind, MessageCopy
from mailflatrate.base import child, clock, tenancy
from mailflatrate.base.long_task import TaskState, fail_lost
from mailflatrate.mail.content.campaign import MAX_CONTENT
from mailflatrate.mail.fetched.values import MAX_PAGE_OCTETS, PICTURE_MARK, CopiedMessage, CopyNote, LeftOut
from mailflatrate.mail.reading.mime import decode_bytes
from mailflatrate.wire.web import Want

MOST_A_DAY: Final = 50
KEPT: Final = timedelta(days=30)
LEAST_WORDS: Final = 3
RECENT: Final = 10
PICTURE_OCTETS: Final = 4 * 1024 * 1024
PICTURES_SECONDS: Final = 90.0
"""For all pictures of a message together."""
AGENT: Final = "mailflatrate-copy/1 (+a customer copies their own message)"
PAGE: Final = Want(accept="text/html", agent=AGENT, most_octets=MAX_PAGE_OCTETS)
PICTURE: Final = Want(accept="image/*", agent=AGENT, most_octets=PICTURE_OCTETS, seconds=10.0)
_CHARSET: Final = re.compile(rb"<meta[^>]{0,200}charset=[\"']?([\w-]{1,30})", re.IGNORECASE)
_MARK: Final = re.compile(re.escape(PICTURE_MARK).replace(r"\{\}", r"(\d+)"))


def request_copy(*, name: str, url: str, file: bytes, by: User) -> MessageCopy:
    """Ask for a copy of a page, or of a file if `url` is empty; a worker makes the draft. Raises CampaignError."""
    if MessageCopy.objects.filter(created_at__gt=clock.now() - timedelta(days=1)).count() >= MOST_A_DAY:
        raise CampaignError(_("You can copy up to %(most)d messages a day. Continue tomorrow.") % {"most": MOST_A_DAY})
    url = url.strip()
    if not url and not file.strip():
        raise CampaignInputError(_("Enter the address of a page, or choose an HTML file."))
    if url and not is_web_address(url):
        raise CampaignInputError(_("Enter a whole web address, such as https://example.com/newsletter."))
    if url and is_used_up():
        raise CampaignError(used_up_words())
    if len(file) > MAX_PAGE_OCTETS:
        raise CampaignInputError(_("The file is larger than 768 kB."))
    source = "" if url else decoded(file)
    copy = MessageCopy.objects.create(name=name.strip()[:120], url=url, source=source, created_by=by)
    copy.enqueue(lock=turn_of_account())
    return copy


@tenancy.needs_platform
def forget_old_copies() -> None:
    """Delete old copies of all accounts (their drafts stay), and fail those whose job was lost."""
    MessageCopy.objects.filter(created_at__lt=clock.now() - KEPT).delete()
    fail_lost(MessageCopy, clock.now() - LOST_AFTER, source="")


def recent_copies() -> list[MessageCopy]:
    return list(MessageCopy.objects.defer("source").order_by("-created_at")[:RECENT])


def decoded(file: bytes) -> str:
    """Return the text of an HTML file: in UTF-8, in what it declares, or in an old Windows encoding."""
    try:
        return file.decode("utf-8-sig").replace("\0", "\ufffd")
    except UnicodeDecodeError:
        declared = _CHARSET.search(file[:4096])
        return decode_bytes(file, declared[1].decode() if declared else "cp1252")


@dataclass(frozen=True)
class CopyRunner(FetchRunner[MessageCopy]):
    model = MessageCopy

    def work(self, task: MessageCopy) -> None:
        url, source = task.url, task.source
        if url:
            seen = self.fetch(task, url, PAGE)
            url, source = seen.url, decoded(seen.body)
        try:
            message: CopiedMessage = child.call("copied", source, url)
        except child.ChildError:
            raise FetchRefused("unreadable") from None
        if message.words < LEAST_WORDS and not message.pictures:
            raise FetchRefused("empty")
        html, lost = self._with_pictures(task, message)
        if len(html.encode()) > MAX_CONTENT:
            raise FetchRefused("too_long")
        with task.step() as current:
            _finish(current, message, html, lost)

    def clean_up(self, task: MessageCopy, state: TaskState) -> None:
        MessageCopy.objects.filter(id=task.id).update(source="")

    def _with_pictures(self, task: MessageCopy, message: CopiedMessage) -> tuple[str, list[str]]:
        until, addresses, lost = time.monotonic() + PICTURES_SECONDS, dict[int, str](), list[str]()
        for number, picture in enumerate(message.pictures):
            taken = ""
            if time.monotonic() < until:
                taken = picture_address(self.take_picture(task, picture.url, PICTURE, alt=picture.alt))
            if not taken:
                lost.append(picture.url)
            addresses[number] = taken or picture.url
        return _MARK.sub(lambda match: _attribute(addresses, int(match[1])), message.html), lost


def _attribute(addresses: Mapping[int, str], number: int) -> str:
    return addresses.get(number, "").replace("&", "&amp;").replace('"', "%22").replace("<", "%3C").replace("'", "%27")


def _finish(copy: MessageCopy, message: CopiedMessage, html: str, lost: list[str]) -> None:
    notes = list(message.notes)
    if lost:
        notes.append(CopyNote(LeftOut.LOST_PICTURES, len(lost), tuple(lost[:5])))
    name = copy.name or message.title or urlsplit(copy.url).hostname or _("Copied message")
    values = {
        "subject": message.title,
        "content_kind": ContentKind.HTML,
        "content": html,
        "language": current_account().language,
    }
    campaign = create_campaign(name[:120], by=copy.created_by, values=values)
    remarks = [[note.what.value, note.count, list(note.samples)] for note in notes]
    copy.end(TaskState.DONE, campaign=campaign, source="", notes=remarks)
