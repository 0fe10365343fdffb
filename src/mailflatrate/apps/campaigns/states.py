"""The only place that writes a campaign's state, by the table of `rules.campaign_states`."""

from typing import Any

from mailflatrate.apps.campaigns.models import Campaign
from mailflatrate.base import clock
from mailflatrate.rules.campaign_states import OVER, CampaignMover, CampaignState, require_move


def move(campaign: Campaign, state: CampaignState, by: CampaignMover, *, reason: str = "", **fields: Any) -> None:
    """Change a campaign's state, with its reason; `fields` are further columns written with it. The caller holds its
    row. Raises ImpossibleMove for a move that the table does not have.
    """
    require_move(campaign.state, state, by)
    fields |= {"state": state, "state_reason": reason}
    if state in OVER:
        fields["finished_at"] = clock.now()
    for name, value in fields.items():
        setattr(campaign, name, value)
    campaign.save(update_fields=list(fields))


def move_sql(before: CampaignState, after: CampaignState) -> str:
    """Return the statement by which a machine moves one campaign, if it is still in `before`; its parameter is the id.

    For statements on a connection of their own. Raises ImpossibleMove like `move`.
    """
    require_move(before, after, CampaignMover.MACHINE)
    return f"UPDATE campaign SET state = '{after}', state_reason = '' WHERE id = %s AND state = '{before}'"  # noqa: S608
