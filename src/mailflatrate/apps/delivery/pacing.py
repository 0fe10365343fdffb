"""The speed of a campaign being sent; the claim keeps to the turns (`send.claims`)."""

from django.utils.translation import gettext as _

from mailflatrate.apps.campaigns.errors import CampaignError
from mailflatrate.apps.campaigns.states import locked
from mailflatrate.apps.delivery.actions.campaigns import wake_campaign
from mailflatrate.apps.delivery.models import Plan
from mailflatrate.rules.campaigns.campaign_states import UNFINISHED
from mailflatrate.rules.sending.pace import pace_for


def change_pace(campaign_id: int, per_hour: int | None) -> None:
    """From the next turn on; None: as fast as possible. Raises CampaignError when the campaign is over."""
    campaign = locked(campaign_id)
    if campaign.state not in UNFINISHED:
        raise CampaignError(_("Only a campaign that's being sent can be sped up or slowed down."))
    pace = pace_for(per_hour) if per_hour else None
    campaign.per_hour = per_hour
    campaign.save(update_fields=["per_hour"])
    Plan.objects.filter(campaign_id=campaign_id).update(
        per_turn=pace.per_turn if pace else None, turn_seconds=pace.turn_seconds if pace else None
    )
    wake_campaign(campaign.account_id, campaign.id)
