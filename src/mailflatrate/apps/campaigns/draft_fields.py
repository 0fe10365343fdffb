"""What a customer writes of a campaign: a row for each field, in the order in which pages list them."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy
from django.utils.translation import pgettext_lazy

from mailflatrate.apps.campaigns.models import Campaign
from mailflatrate.apps.domains.models import SenderAddress
from mailflatrate.apps.lists.models import MailingList


def _sender(value: Any) -> str:
    return str(SenderAddress.objects.filter(id=value).first() or "") if value else ""


def _lists(value: Any) -> str:
    return ", ".join(MailingList.objects.filter(id__in=value or []).order_by("name").values_list("name", flat=True))


def _campaigns(value: Any) -> str:
    return ", ".join(Campaign.objects.filter(id__in=value or []).order_by("name").values_list("name", flat=True))


def _yes_or_no(value: Any) -> str:
    return _("yes") if value else _("no")


@dataclass(frozen=True, slots=True)
class DraftField:
    """`words`: a value as text. `is_seen`: readers see it, or the content hash covers it. `has_links`: links may be in
    it. `is_design`: locked designs protect it. `is_long`: compared line by line.
    """

    name: str
    label: str | Promise
    words: Callable[[Any], str] = lambda value: str(value or "")
    is_seen: bool = True
    has_links: bool = False
    is_design: bool = False
    is_long: bool = False


_ROWS = (
    DraftField("subject", lazy("Subject")),
    DraftField("preheader", lazy("Preview text")),
    DraftField("sender_id", lazy("From"), _sender),
    DraftField("reply_to", lazy("Reply to")),
    DraftField("name", lazy("Name"), is_seen=False),
    DraftField("language", lazy("Campaign language")),
    DraftField("list_ids", lazy("Lists"), _lists),
    DraftField("conditions", lazy("Conditions")),
    DraftField("excluded_list_ids", lazy("Excluded: lists"), _lists),
    DraftField(
        "excluded_segments", lazy("Excluded: segments"), lambda value: ", ".join(row["name"] for row in value or [])
    ),
    DraftField("excluded_mailing_ids", lazy("Excluded: recipients of"), _campaigns),
    DraftField("content_kind", lazy("Content format"), has_links=True, is_design=True),
    DraftField("theme", pgettext_lazy("Markdown theme", "Theme")),
    DraftField("content", lazy("Content"), has_links=True, is_design=True, is_long=True),
    DraftField("text_override", lazy("Plain-text version"), is_design=True, is_long=True),
    DraftField(
        "variants",
        lazy("Variants"),
        lambda value: " · ".join(row["subject"] for row in value or []),
        has_links=True,
        is_design=True,
    ),
    DraftField("translations", lazy("Languages"), has_links=True, is_design=True),
    DraftField("test_share", lazy("Share per variant")),
    DraftField("test_hours", lazy("Hours until the winner is picked")),
    DraftField("test_metric", lazy("Winner decided by")),
    DraftField("per_hour", lazy("Maximum emails per hour"), is_seen=False),
    DraftField("track_clicks", lazy("Track clicks"), _yes_or_no),
    DraftField("untagged_links", lazy("No parameters for web analytics"), _yes_or_no),
    DraftField("link_campaign", lazy("Name in web analytics")),
    DraftField("time_zone", lazy("Time zone"), is_seen=False),
)
DRAFT_FIELDS = {row.name: row for row in _ROWS}
UNSEEN = frozenset(row.name for row in _ROWS if not row.is_seen)
WITH_LINKS = frozenset(row.name for row in _ROWS if row.has_links)
COVERED = frozenset(row.name for row in _ROWS if row.is_design)
