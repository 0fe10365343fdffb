"""What the account's calendar shows of campaigns: released ones, requested times, and issues of RSS campaigns."""

from collections.abc import Iterator
from datetime import datetime

from django.db.models import Q
from django.db.models.functions import Coalesce

from mailflatrate.apps.campaigns.content.digest_content import next_issue
from mailflatrate.apps.campaigns.models import Campaign, CampaignState, FeedDigest, ReleaseAnswer, ReleaseRequest
from mailflatrate.rules.campaigns.campaign_states import AWAITING

MAX_ROWS = 1_000
"""Campaigns of one page of the calendar; the earliest are shown."""


def campaigns_between(begin: datetime, end: datetime) -> list[tuple[datetime, Campaign]]:
    """`end` excluded, moments in UTC. A campaign in the recipients' time zones is at its hour in its own zone."""
    rows = Campaign.objects.filter(automation_id=None).exclude(state=CampaignState.DRAFT)
    rows = rows.annotate(waits_until=Coalesce("local_at", "scheduled_at"))
    waiting = Q(state__in=AWAITING, waits_until__gte=begin, waits_until__lt=end)
    begun = ~Q(state__in=AWAITING) & Q(started_at__gte=begin, started_at__lt=end)
    moments = [(_moment(row), row) for row in rows.filter(waiting | begun).order_by("id")[:MAX_ROWS]]
    return sorted(moments, key=lambda pair: pair[0])


def _moment(row: Campaign) -> datetime:
    moment = (row.local_at or row.scheduled_at) if row.state in AWAITING else row.started_at
    if moment is None:
        raise ValueError(f"campaign {row.id} has no time")
    return moment


def requests_between(begin: datetime, end: datetime) -> list[ReleaseRequest]:
    rows = ReleaseRequest.objects.filter(answer=ReleaseAnswer.OPEN, campaign__state=CampaignState.DRAFT)
    rows = rows.filter(campaign__automation_id=None, wanted_at__gte=begin, wanted_at__lt=end)
    return list(rows.select_related("campaign", "asked_by").order_by("wanted_at", "id")[:MAX_ROWS])


def issues_between(begin: datetime, end: datetime) -> Iterator[tuple[FeedDigest, datetime]]:
    for digest in FeedDigest.objects.filter(is_active=True, next_at__lt=end).order_by("name"):
        at = digest.next_at
        while at < end:
            if at >= begin:
                yield digest, at
            at = next_issue(digest.weekday, digest.at, digest.time_zone, at)
