"""The public archive of a list: campaigns sent to all of it, without conditions, and with personal parts empty."""

import re

from django.db.models import QuerySet

from mailflatrate.apps.accounts.models import Account
from mailflatrate.apps.campaigns.content.child_compiler import page_in_child
from mailflatrate.apps.campaigns.content.personalization import NO_DEFAULTS, recipient_values
from mailflatrate.apps.campaigns.models import Campaign, CampaignState, Edition
from mailflatrate.apps.lists.models import MailingList
from mailflatrate.base import tenancy
from mailflatrate.base.tenancy import PlatformReason
from mailflatrate.mail.liquid import LiquidTemplate, RenderRefused, SourceRefused

MOST_CODE = 16
_TAG = re.compile(r"\{\{.*?\}\}|\{%.*?%\}")
_LEFT_OUT = "…"
"""Instead of a value without a fallback, so that the sentence reads as one with an omission."""
_MOST_EMPTY = 20


def find_archive(code: str) -> tuple[int, int] | None:
    """Account and list; None if there is none, or it is closed. Works in any scope."""
    if not 0 < len(code) <= MOST_CODE:
        return None
    with tenancy.platform(PlatformReason.PUBLIC_PAGE):
        rows = MailingList.objects.filter(code=code, public_archive_at__isnull=False, archived_at__isnull=True)
        return rows.order_by("id").values_list("account_id", "id").first()


@tenancy.needs_account
def public_campaigns(mailing_list: MailingList, *, with_hidden: bool = False) -> QuerySet[Campaign]:
    published = Campaign.objects.filter(
        state=CampaignState.SENT,
        list_ids__contains=[mailing_list.id],
        conditions=[],
        excluded_list_ids=[],
        excluded_segments=[],
        excluded_mailing_ids=[],
        automation_id__isnull=True,
        finished_at__isnull=False,
    )
    if not with_hidden:
        published = published.exclude(id__in=mailing_list.archive_hidden_ids)
    return published.order_by("-finished_at", "-id")


def empty_values(
    campaign: Campaign, edition: Edition, account: Account, mailing_list: MailingList
) -> dict[str, object]:
    return recipient_values(
        email="",
        first_name="",
        last_name="",
        attributes={},
        account_name=account.name,
        list_name=mailing_list.public_name,
        mailing_id=campaign.mailing_id,
        subscribed_at=None,
        source="",
        language=edition.language or campaign.language,
        defaults=edition.facts.get("defaults", NO_DEFAULTS),
    )


def public_subject(subject: str, values: dict[str, object]) -> str:
    """Return a subject without personal parts: with fallbacks where it has some, otherwise without its tags."""
    if "{" not in subject:
        return subject
    try:
        written = LiquidTemplate.parse(subject, autoescape=False).render(values)
    except (SourceRefused, RenderRefused):
        written = _TAG.sub("", subject)
    return " ".join(written.split())


def public_page(html: str, values: dict[str, object]) -> str:
    """With an ellipsis for missing values; empty if it can't be rendered. Raises SourceRefused if it takes too long."""
    for _ in range(_MOST_EMPTY):
        written = page_in_child(html, values, None)
        missing = written.problem.facts[0] if written.problem and written.problem.facts else ""
        group, _dot, name = missing.partition(".")
        if written.html or not name:
            return written.html
        existing = values.get(group)
        values = {**values, group: {**(existing if isinstance(existing, dict) else {}), name: _LEFT_OUT}}
    return ""
