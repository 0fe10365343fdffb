"""The content of a digest issue: entries of a feed, escaped so that neither markup nor Liquid in them takes effect."""

import html
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from itertools import accumulate
from zoneinfo import ZoneInfo

from mailflatrate.apps.campaigns.models import CampaignTemplate, ContentKind, FeedItem
from mailflatrate.apps.campaigns.models.digest import EVERY_DAY
from mailflatrate.mail.content.campaign import MAX_CONTENT
from mailflatrate.mail.liquid.protect import literal

MARK = "[[entries]]"
"""Marks where a template wants the entries; without it they go at its end."""
_ROOM = 200
LONGEST_SUBJECT, LONGEST_PREHEADER = 150, 150
_MARKDOWN = re.compile(r"([\\`*_\[\]()#+\-.!|<>~&:=])")


@dataclass(frozen=True, slots=True)
class Issue:
    subject: str
    preheader: str
    content_kind: str
    content: str


def write_issue(name: str, items: Sequence[FeedItem], template: CampaignTemplate | None) -> Issue:
    """Put entries into a template, or write them without one. The newest comes first; there is at least one."""
    kind = ContentKind(template.content_kind) if template else ContentKind.MARKDOWN
    body = template.content if template else f"# {_escaped(name)}\n\n{MARK}\n"
    write = _as_markdown if kind is ContentKind.MARKDOWN else _as_html
    entries = _fitting([write(item) for item in items], MAX_CONTENT - _ROOM - len(body.encode()))
    rest = " · ".join(item.title for item in items[1:3])
    return Issue(
        subject=literal(_cut(f"{name}: {items[0].title}", LONGEST_SUBJECT)),
        preheader=literal(_cut(rest, LONGEST_PREHEADER)),
        content_kind=kind.value,
        content=_placed(body, entries, kind),
    )


def template_issue(name: str, template: CampaignTemplate | None) -> Issue:
    """Return a template as it is, for an issue without a feed; an empty subject becomes the name."""
    kind = ContentKind(template.content_kind) if template else ContentKind.MARKDOWN
    return Issue(
        subject=template.subject if template and template.subject else literal(_cut(name, LONGEST_SUBJECT)),
        preheader=template.preheader if template else "",
        content_kind=kind.value,
        content=template.content.replace(MARK, "") if template else f"# {_escaped(name)}\n",
    )


def _fitting(entries: Sequence[str], most_octets: int) -> str:
    """Return the newest entries that fit into a campaign, at least one; the rest stay on the feed's own pages."""
    sizes = accumulate(len(entry.encode()) + 2 for entry in entries)
    count = sum(size <= most_octets for size in sizes)
    return "\n\n".join(entries[: max(1, count)])


def _placed(body: str, entries: str, kind: ContentKind) -> str:
    if MARK in body:
        return body.replace(MARK, entries, 1).replace(MARK, "")
    if kind is ContentKind.MARKDOWN:
        return f"{body.rstrip()}\n\n{entries}\n"
    end = "</body>"
    if kind in (ContentKind.MJML, ContentKind.BLOCKS):
        end = "</mj-body>"
        entries = f"<mj-section><mj-column><mj-text>{entries}</mj-text></mj-column></mj-section>"
    before, marker, after = body.rpartition(end)
    return f"{before}{entries}\n{marker}{after}" if marker else f"{body.rstrip()}\n{entries}\n"


def _as_markdown(item: FeedItem) -> str:
    title = _escaped(item.title)
    head = f"## [{title}](<{item.link}>)" if item.link else f"## {title}"
    return f"{head}\n\n{_escaped(item.summary)}" if item.summary else head


def _as_html(item: FeedItem) -> str:
    title = _coded(item.title)
    head = f'<a href="{_coded(item.link)}">{title}</a>' if item.link else title
    summary = f"\n<p>{_coded(item.summary)}</p>" if item.summary else ""
    return f"<h2>{head}</h2>{summary}"


def _escaped(text: str) -> str:
    """Escape text so that Markdown shows exactly it; braces become entities, so they are not Liquid either."""
    return _MARKDOWN.sub(r"\\\1", text).replace("{", "&#123;").replace("}", "&#125;")


def _coded(text: str) -> str:
    return html.escape(text).replace("{", "&#123;").replace("}", "&#125;")


def _cut(text: str, longest: int) -> str:
    return text if len(text) <= longest else f"{text[: longest - 1].rpartition(' ')[0] or text[: longest - 1]}…"


def next_issue(weekday: int, at: time, time_zone: str, after: datetime) -> datetime:
    zone = ZoneInfo(time_zone)
    day = after.astimezone(zone).date()
    while True:
        moment = datetime.combine(day, at, zone).astimezone(ZoneInfo("UTC"))
        if moment > after and weekday in (EVERY_DAY, day.weekday()):
            return moment
        day += timedelta(days=1)
