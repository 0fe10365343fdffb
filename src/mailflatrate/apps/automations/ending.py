"""Ends messages of automations: once no one can get them any longer, they count as sent; the rest is canceled."""

from collections.abc import Collection

from mailflatrate.apps.automations.models import AutomationStep, Enrolment, EnrolmentState
from mailflatrate.apps.campaigns.actions import drafts as campaign_drafts
from mailflatrate.apps.campaigns.models import Campaign
from mailflatrate.apps.campaigns.states import locked
from mailflatrate.apps.delivery.actions.campaigns import cancel_campaign
from mailflatrate.apps.delivery.actions.row_updates import complete
from mailflatrate.base import tenancy
from mailflatrate.rules.campaigns.campaign_states import RUNNING, UNFINISHED


def end_messages(campaign_ids: Collection[int], *, cancels_rest: bool = False) -> None:
    for number in campaign_ids:
        Campaign.objects.filter(id=number).update(automation_over=True)
        campaign = locked(number)
        if campaign.state in RUNNING:
            complete(campaign)
        if campaign.state in UNFINISHED and (cancels_rest or campaign.state not in RUNNING):
            cancel_campaign(number)


def replace_message(campaign: Campaign) -> int:
    """Copy a released message as a draft of the same automation; return the copy's ID."""
    copy = campaign_drafts.copy_campaign(campaign.id, by=campaign.edited_by)
    Campaign.objects.filter(id=copy.id).update(automation_id=campaign.automation_id)
    campaign_drafts.update_campaign(copy.id, {"name": campaign.name}, by=campaign.edited_by)
    return copy.id


@tenancy.needs_account
def messages_of(version_ids: Collection[int]) -> list[int]:
    rows = AutomationStep.objects.filter(version_id__in=version_ids, campaign_id__isnull=False)
    return [number for number in rows.values_list("campaign_id", flat=True) if number is not None]


@tenancy.needs_account
def is_empty(version_id: int) -> bool:
    return not Enrolment.objects.filter(version_id=version_id, state=EnrolmentState.ACTIVE).exists()
