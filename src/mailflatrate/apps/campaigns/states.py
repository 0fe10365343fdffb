"""The only place that locks a campaign and writes its state, following the table in `rules.campaign_states`."""

from typing import Any, NewType

from mailflatrate.apps.campaigns.models import Campaign
from mailflatrate.base import clock, tenancy
from mailflatrate.rules.campaigns.campaign_states import OVER, CampaignMover, CampaignState, require_move

LockedCampaign = NewType("LockedCampaign", Campaign)
"""A campaign whose row the current transaction has locked. Only `locked` and `find_locked` make one (ADR 0041)."""


@tenancy.needs_account
def locked(campaign_id: int) -> LockedCampaign:
    """Until commit, and before its chunks: of two chunks ending at once, one sees the other. Raises DoesNotExist."""
    return LockedCampaign(Campaign.objects.select_for_update().get(id=campaign_id))


@tenancy.needs_account
def find_locked(campaign_id: int | None) -> LockedCampaign | None:
    """Return the campaign's row like `locked`; None if there is none, as for a chunk of notices."""
    campaign = Campaign.objects.select_for_update().filter(id=campaign_id).first() if campaign_id else None
    return LockedCampaign(campaign) if campaign is not None else None


def move(campaign: LockedCampaign, state: CampaignState, by: CampaignMover, *, reason: str = "", **fields: Any) -> None:
    """`fields` are further columns. Raises ImpossibleMove for a move that the table does not have."""
    require_move(campaign.state, state, by)
    fields |= {"state": state, "state_reason": reason}
    if state in OVER:
        fields["finished_at"] = clock.now()
    for name, value in fields.items():
        setattr(campaign, name, value)
    campaign.save(update_fields=list(fields))


def move_sql(before: CampaignState, after: CampaignState) -> str:
    """Its parameter is the id; it moves only from `before`. For a job's own connection. Raises ImpossibleMove."""
    require_move(before, after, CampaignMover.MACHINE)
    return f"UPDATE campaign SET state = '{after}', state_reason = '' WHERE id = %s AND state = '{before}'"  # noqa: S608
