"""An early review of a draft by the operator's team. The answer applies only to what they saw: released like that,
with no new finding, the approval counts; after any change the campaign waits as usual.
"""

from collections.abc import Sequence
from datetime import timedelta

from django.db.models import Count, Max
from django.utils.translation import gettext as _

from mailflatrate.apps.accounts.models import User
from mailflatrate.apps.accounts.queries import current_account
from mailflatrate.apps.accounts.rights import require
from mailflatrate.apps.campaigns.errors import CampaignError
from mailflatrate.apps.campaigns.models import Campaign, CampaignReview, CampaignState
from mailflatrate.apps.campaigns.states import LockedCampaign, locked
from mailflatrate.base import audit, clock
from mailflatrate.rules.roles import Permission

MOST_OPEN = 3
"""Drafts of one account that wait for an early review at a time."""
MOST_A_DAY = 5
"""Answers to one draft within a day; then it is finished first."""


def waits_as_draft(campaign: Campaign) -> bool:
    return campaign.state == CampaignState.DRAFT and campaign.review_asked_at is not None


def ask_draft_review(campaign_id: int, *, by: User) -> None:
    """Show a draft to the operator's team; editing goes on. Raises CampaignError, NotPermitted."""
    require(by, Permission.DRAFT)
    campaign = locked(campaign_id)
    if campaign.state != CampaignState.DRAFT:
        raise CampaignError(_("This campaign is already being sent."))
    if campaign.automation_id is not None:
        raise CampaignError(_("This message belongs to an automation. Show the whole automation to our team."))
    ask_for_drafts([campaign], by=by)


def ask_for_drafts(campaigns: Sequence[LockedCampaign], *, by: User) -> None:
    """Drafts decided together. Raises CampaignError if no review is needed, one is empty, or the team has enough."""
    if not current_account().supervised:
        raise CampaignError(_("Your campaigns are sent without a review, so there's no need for an early one."))
    new = [campaign for campaign in campaigns if campaign.review_asked_at is None]
    if not new:
        raise CampaignError(_("Our team already has this draft."))
    if not all(campaign.subject.strip() and campaign.content.strip() for campaign in campaigns):
        raise CampaignError(_("Write a subject and some content first, so that there's something to review."))
    if _has_enough(campaigns):
        raise CampaignError(_("Our team has enough of your drafts for now. Finish this one, then release it."))
    for campaign in new:
        _set(campaign, asks=True, by=by)


def _has_enough(campaigns: Sequence[LockedCampaign]) -> bool:
    since = clock.now() - timedelta(days=1)
    answered = (
        CampaignReview.objects.filter(campaign__in=campaigns, reviewed_at__gt=since)
        .values("campaign_id")
        .annotate(number=Count("id"))
        .aggregate(most=Max("number"))["most"]
    )
    asked = Campaign.objects.filter(state=CampaignState.DRAFT, review_asked_at__isnull=False)
    others = asked.exclude(id__in=[campaign.id for campaign in campaigns])
    waiting = {(number, None) if number else (None, own) for number, own in others.values_list("automation_id", "id")}
    return len(waiting) >= MOST_OPEN or (answered or 0) >= MOST_A_DAY


def withdraw_draft(campaign_id: int, *, by: User) -> None:
    """Take the draft back from the operator's team. Raises CampaignError, NotPermitted."""
    require(by, Permission.DRAFT)
    withdraw_drafts([locked(campaign_id)], by=by)


def withdraw_drafts(campaigns: Sequence[LockedCampaign], *, by: User) -> None:
    """Take drafts back that were shown together. Raises CampaignError if none is waiting."""
    waiting = [campaign for campaign in campaigns if waits_as_draft(campaign)]
    if not waiting:
        raise CampaignError(_("Our team no longer has this draft."))
    for campaign in waiting:
        _set(campaign, asks=False, by=by)


def _set(campaign: LockedCampaign, *, asks: bool, by: User) -> None:
    campaign.review_asked_at = clock.now() if asks else None
    campaign.save(update_fields=["review_asked_at"])
    audit.record(
        "campaign.draft_review_asked" if asks else "campaign.draft_review_withdrawn",
        by=audit.person(by),
        account_id=campaign.account_id,
        subject=f"campaign:{campaign.id}",
    )
