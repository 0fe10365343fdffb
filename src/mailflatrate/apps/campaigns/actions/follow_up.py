"""A follow-up: a draft to the people of a sent campaign who have not done what it asked for."""

from dataclasses import dataclass
from datetime import timedelta

from django.utils.translation import gettext as _

from mailflatrate.apps.accounts.models import User
from mailflatrate.apps.campaigns.actions.drafts import create_campaign
from mailflatrate.apps.campaigns.draft_fields import DRAFT_FIELDS
from mailflatrate.apps.campaigns.errors import CampaignError, CampaignInputError
from mailflatrate.apps.campaigns.models import Campaign, CampaignState
from mailflatrate.apps.campaigns.states import locked
from mailflatrate.apps.campaigns.variants import as_variant
from mailflatrate.apps.lists.events import declared, keep_days
from mailflatrate.base import clock
from mailflatrate.rules.conditions import MAX_LINK_CHARACTERS

MOST_DAYS = 60
"""How long after its start a campaign can be followed up; later, few remember it."""


@dataclass(frozen=True, slots=True)
class FollowUpGoal:
    """What people are reminded of: an event of this name, or without one a click on `link` (empty: any link)."""

    event: str = ""
    link: str = ""


def why_no_follow_up(campaign: Campaign) -> str:
    if campaign.state != CampaignState.SENT or campaign.started_at is None:
        return _("Only a campaign that has been sent can be followed up.")
    if campaign.automation_id is not None:
        return _("This message belongs to an automation. Add a step to the automation instead.")
    if campaign.follow_up_of is not None:
        return _("This is a follow-up itself, and no one is reminded twice.")
    if follow_up_to(campaign.id) is not None:
        return _("This campaign already has a follow-up, and no one is reminded twice.")
    if clock.now() - campaign.started_at > timedelta(days=MOST_DAYS):
        return _("This campaign is more than %(days)d days old. Write a new one instead.") % {"days": MOST_DAYS}
    return ""


def follow_up_to(campaign_id: int) -> Campaign | None:
    return Campaign.objects.filter(follow_up_of=campaign_id).first()


def create_follow_up(campaign_id: int, goal: FollowUpGoal, *, by: User, variant: int = 0) -> Campaign:
    """A draft with a mailing ID of its own, released like any; its people are decided when it is planned. Raises
    CampaignError if there can be none, CampaignInputError for a goal that nothing would tell.
    """
    original = locked(campaign_id)
    if problem := why_no_follow_up(original):
        raise CampaignError(problem)
    _refuse_unknown(original, goal)
    version = as_variant(original, variant)
    values = {name: getattr(version, name) for name in DRAFT_FIELDS.keys() - {"name", "variants"}}
    name = _("%(name)s (follow-up)") % {"name": original.name[:100]}
    stored = {"event": goal.event} if goal.event else {"link": goal.link}
    return create_campaign(
        name[:120], by=by, values=values, follow_up=(original.id, stored), is_locked=original.is_locked
    )


def _refuse_unknown(original: Campaign, goal: FollowUpGoal) -> None:
    if goal.event:
        if not declared([goal.event]):
            raise CampaignInputError(_("There's no event of this name yet. Choose another goal."))
        age = clock.now() - (original.started_at or clock.now())
        if age > timedelta(days=keep_days()):
            raise CampaignInputError(_("Events from when this campaign was sent are no longer kept."))
    elif not original.track_clicks:
        raise CampaignInputError(_("Clicks of this campaign weren't tracked. Choose an event as the goal."))
    elif len(goal.link) > MAX_LINK_CHARACTERS:
        raise CampaignInputError(_("This link isn't in the campaign."))
