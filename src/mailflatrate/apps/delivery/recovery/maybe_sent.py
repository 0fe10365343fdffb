"""Campaigns that may have been sent in a time that the database lost (ADR 0028): journals don't tell, by delivery, who
of those planned since the backup got one. A person decides before it is planned again for everyone.
"""

from collections.abc import Iterable
from datetime import datetime

import structlog
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils.translation import gettext as _

from mailflatrate.apps.campaigns import states
from mailflatrate.apps.campaigns.actions import drafts as drafts_actions
from mailflatrate.apps.campaigns.errors import CampaignError
from mailflatrate.apps.campaigns.models import (
    DRAFT_MAYBE_SENT,
    MAYBE_SENT,
    Campaign,
    CampaignState,
    ReleaseAnswer,
    ReleaseRequest,
)
from mailflatrate.apps.delivery.actions.row_updates import move
from mailflatrate.apps.delivery.models import AbTest, Plan
from mailflatrate.apps.gate.models import GateDecision
from mailflatrate.base import tenancy
from mailflatrate.base.tenancy import PlatformReason
from mailflatrate.rules.campaigns.campaign_states import AWAITING, EDITABLE, PLANNED, UNFINISHED, CampaignMover

log = structlog.get_logger(__name__)


def set_aside(held_at: datetime | None = None) -> list[Campaign]:
    """Stop those not fully planned, unless released after `held_at`; return all that await a decision. Repeatable."""
    with tenancy.platform(PlatformReason.FENCE):
        rows = list(_open_ended(held_at).values_list("account_id", "id"))
    for account_id, campaign_id in rows:
        with tenancy.account(account_id):
            _set_aside(states.locked(campaign_id))
    with tenancy.platform(PlatformReason.FENCE):
        return list(awaiting_answer())


def _open_ended(held_at: datetime | None) -> QuerySet[Campaign]:
    this = OuterRef("pk")
    planned = Exists(Plan.objects.filter(campaign_id=this, finished_at__isnull=False))
    tested = Exists(AbTest.objects.filter(campaign_id=this, winner=None))
    asked = Exists(ReleaseRequest.objects.filter(campaign_id=this, answer=ReleaseAnswer.OPEN))
    campaigns = Campaign.objects.filter(
        Q(state__in=(*AWAITING, CampaignState.PLANNING))
        | Q(~planned | tested, state__in=PLANNED)
        | Q(asked, state=CampaignState.DRAFT)
    )
    if held_at is not None:
        decided = GateDecision.objects.filter(campaign_id=this, allowed=True, decided_by__isnull=False)
        campaigns = campaigns.exclude(Exists(decided.filter(decided_at__gte=held_at)))
    return campaigns.exclude(state_reason=MAYBE_SENT).order_by("id")


def _set_aside(campaign: states.LockedCampaign) -> None:
    log.warning("campaign_set_aside", account=campaign.account_id, campaign=campaign.id, state=campaign.state)
    if campaign.state in AWAITING:
        drafts_actions.return_to_draft(campaign, CampaignMover.MACHINE, reason=MAYBE_SENT)
    elif campaign.state in EDITABLE:
        states.move(campaign, CampaignState.DRAFT, CampaignMover.MACHINE, reason=MAYBE_SENT)
    elif campaign.state in UNFINISHED:
        move(campaign, CampaignState.PAUSED, CampaignMover.MACHINE, reason=MAYBE_SENT)


def set_aside_accounts(account_ids: Iterable[int]) -> None:
    """Journals name no campaigns, so every draft counts as maybe sent; those released since the hold began are set
    aside.
    """
    for account_id in account_ids:
        with tenancy.account(account_id):
            for campaign_id in list(_open_ended(None).values_list("id", flat=True)):
                _set_aside(states.locked(campaign_id))
            drafts = Campaign.objects.filter(state=CampaignState.DRAFT).exclude(state_reason=MAYBE_SENT)
            drafts.update(state_reason=DRAFT_MAYBE_SENT)


def awaiting_answer() -> QuerySet[Campaign]:
    """Works in any scope."""
    return Campaign.objects.filter(state_reason=MAYBE_SENT).select_related("account").order_by("id")


def demand_person(campaign: Campaign) -> None:
    """Raise CampaignError if no program can know what recipients already have."""
    if campaign.maybe_sent:
        raise CampaignError(
            _(
                "The service was restored from a backup, and this campaign may already have been sent."
                " Check that on its page, and release or resume it there."
            )
        )
