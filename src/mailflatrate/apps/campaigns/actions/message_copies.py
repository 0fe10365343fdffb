"""Copies of messages from other systems: a page or a file becomes a draft in our source editor.

The page and its pictures are fetched outside of any transaction, from public addresses only (`wire.web`), and read in a
child process. Pictures are taken into Media; one that can't be had stays at its old address and is noted.
"""

import re
import time
from collections.abc import Mapping
from datetime import timedelta
from typing import Final
from urllib.parse import urlsplit

from django.utils.translation import gettext as _

from mailflatrate.apps.accounts.models import User
from mailflatrate.apps.accounts.queries import current_account
from mailflatrate.apps.campaigns.actions.drafts import create_campaign
from mailflatrate.apps.campaigns.actions.media import upload_media
from mailflatrate.apps.campaigns.errors import CampaignError, CampaignInputError, MediaRefused
from mailflatrate.apps.campaigns.media import message_url
from mailflatrate.apps.campaigns.models import ContentKind, CopyState, MediaFile, MessageCopy
from mailflatrate.apps.campaigns.page_fetches import fetch_counted, is_used_up, turn_of_account, used_up_words
from mailflatrate.apps.domains.actions.domains import configured_resolver
from mailflatrate.base import child, clock, jobs, tenancy
from mailflatrate.base.long_task import ends_on_error
from mailflatrate.mail.content import MAX_CONTENT
from mailflatrate.mail.copied_values import (
    MAX_PAGE_OCTETS,
    PICTURE_MARK,
    CopiedMessage,
    CopiedPicture,
    CopyNote,
    LeftOut,
)
from mailflatrate.mail.reading.mime import decode_bytes
from mailflatrate.wire.dns import Resolver
from mailflatrate.wire.web import Want, WebStatus

JOB: Final = "campaigns.copy_message"
MOST_A_DAY: Final = 50
KEPT: Final = timedelta(days=30)
LOST_AFTER: Final = timedelta(days=1)
"""No job works for a copy that has waited this long."""
LEAST_WORDS: Final = 3
RECENT: Final = 10
PICTURE_OCTETS: Final = 4 * 1024 * 1024
PICTURES_SECONDS: Final = 90.0
"""For all pictures of a message together."""
AGENT: Final = "mailflatrate-copy/1 (+a customer copies their own message)"
PAGE: Final = Want(accept="text/html", agent=AGENT, most_octets=MAX_PAGE_OCTETS)
PICTURE: Final = Want(accept="image/*", agent=AGENT, most_octets=PICTURE_OCTETS, seconds=10.0)
BROKEN: Final = "broken"
_PROBLEMS: Final = {
    WebStatus.MISSING: "missing",
    WebStatus.FAILED: "failed",
    WebStatus.UNKNOWN: "unreachable",
}
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
    jobs.defer(
        JOB,
        jobs.JobQueue.FETCH,
        lock=turn_of_account(),
        once=f"copy-{copy.id}",
        account_id=copy.account_id,
        copy_id=copy.id,
    )
    return copy


@tenancy.needs_platform
def forget_old_copies() -> None:
    """Delete old copies of all accounts (their drafts stay), and fail those whose job was lost."""
    now = clock.now()
    MessageCopy.objects.filter(created_at__lt=now - KEPT).delete()
    lost = MessageCopy.objects.filter(state=CopyState.WAITING, created_at__lt=now - LOST_AFTER)
    lost.update(state=CopyState.FAILED, problem=BROKEN, source="")


def recent_copies() -> list[MessageCopy]:
    """Return the account's latest copies, newest first."""
    return list(MessageCopy.objects.defer("source").order_by("-created_at")[:RECENT])


def is_web_address(url: str) -> bool:
    """Return whether a text is a whole web address without spaces."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return len(url) <= 2000 and parts.scheme in ("http", "https") and bool(parts.hostname) and not re.search(r"\s", url)


def decoded(file: bytes) -> str:
    """Return the text of an HTML file: in UTF-8, in what it declares, or in an old Windows encoding."""
    try:
        return file.decode("utf-8-sig").replace("\0", "\ufffd")
    except UnicodeDecodeError:
        declared = _CHARSET.search(file[:4096])
        return decode_bytes(file, declared[1].decode() if declared else "cp1252")


def copy_message(account_id: int, copy_id: int, *, resolver: Resolver | None = None, private: bool = False) -> None:
    """Make the draft of a copy that waits. Idempotent. `private` is for tests only."""
    with tenancy.account(account_id):
        copy = MessageCopy.objects.filter(id=copy_id, state=CopyState.WAITING).first()
    if copy is None:
        return
    with ends_on_error("copy of a message", lambda: _fail(account_id, copy_id, BROKEN), copy_id=copy_id):
        _copy(account_id, copy, resolver or configured_resolver(), private=private)


def _copy(account_id: int, copy: MessageCopy, resolver: Resolver, *, private: bool) -> None:
    copy_id, url, source = copy.id, copy.url, copy.source
    if url:
        seen = fetch_counted(account_id, url, resolver, PAGE, private=private)
        if seen is None:
            _fail(account_id, copy_id, "used_up")
            return
        if seen.status is not WebStatus.OK:
            _fail(account_id, copy_id, _PROBLEMS[seen.status])
            return
        url, source = seen.url, decoded(seen.body)
    try:
        message: CopiedMessage = child.call("copied", source, url)
    except child.ChildError:
        _fail(account_id, copy_id, "unreadable")
        return
    if message.words < LEAST_WORDS and not message.pictures:
        _fail(account_id, copy_id, "empty")
        return
    html, lost = _with_pictures(account_id, message, copy.created_by, resolver, private=private)
    if len(html.encode()) > MAX_CONTENT:
        _fail(account_id, copy_id, "too_long")
        return
    _finish(account_id, copy_id, message, html, lost)


def _fail(account_id: int, copy_id: int, problem: str) -> None:
    with tenancy.account(account_id):
        waiting = MessageCopy.objects.filter(id=copy_id, state=CopyState.WAITING)
        waiting.update(state=CopyState.FAILED, problem=problem, source="")


def _with_pictures(
    account_id: int, message: CopiedMessage, by: User | None, resolver: Resolver, *, private: bool
) -> tuple[str, list[str]]:
    """Return the HTML with its pictures in Media, and the addresses of those that couldn't be had."""
    until, shown, lost = time.monotonic() + PICTURES_SECONDS, dict[int, str](), list[str]()
    for number, picture in enumerate(message.pictures):
        taken = ""
        if time.monotonic() < until:
            taken = _taken(account_id, picture, by, resolver, private=private)
        if not taken:
            lost.append(picture.url)
        shown[number] = taken or picture.url
    return _MARK.sub(lambda found: _attribute(shown, int(found[1])), message.html), lost


def _attribute(shown: Mapping[int, str], number: int) -> str:
    return shown.get(number, "").replace("&", "&amp;").replace('"', "%22").replace("<", "%3C").replace("'", "%27")


def _taken(account_id: int, picture: CopiedPicture, by: User | None, resolver: Resolver, *, private: bool) -> str:
    """Return the address of a picture in Media; empty if it can't be fetched, or is none that we take."""
    seen = fetch_counted(account_id, picture.url, resolver, PICTURE, private=private)
    if seen is None or seen.status is not WebStatus.OK or len(seen.body) >= PICTURE_OCTETS:
        return ""
    name = urlsplit(picture.url).path.rpartition("/")[2][:120]
    try:
        with tenancy.account(account_id):
            media = upload_media(seen.body, name=name, alt=picture.alt, decorative=False, by=by)
            return message_url(media, list(MediaFile.objects.filter(media=media)))
    except MediaRefused:
        return ""


def _finish(account_id: int, copy_id: int, message: CopiedMessage, html: str, lost: list[str]) -> None:
    notes = list(message.notes)
    if lost:
        notes.append(CopyNote(LeftOut.LOST_PICTURES, len(lost), tuple(lost[:5])))
    with tenancy.account(account_id):
        copy = MessageCopy.objects.select_for_update().filter(id=copy_id, state=CopyState.WAITING).first()
        if copy is None:
            return
        host = urlsplit(copy.url).hostname or ""
        name = copy.name or message.title or host or _("Copied message")
        values = {
            "subject": message.title,
            "content_kind": ContentKind.HTML,
            "content": html,
            "language": current_account().language,
        }
        campaign = create_campaign(name[:120], by=copy.created_by, values=values)
        shown = [[note.what.value, note.count, list(note.samples)] for note in notes]
        MessageCopy.objects.filter(id=copy.id).update(campaign=campaign, state=CopyState.DONE, source="", notes=shown)
