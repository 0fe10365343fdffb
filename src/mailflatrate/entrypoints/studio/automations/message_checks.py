"""The messages of an automation with the gate's verdict on each."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from django.urls import reverse

from mailflatrate.apps.automations.actions.approval import messages_in
from mailflatrate.apps.automations.models import AutomationVersion
from mailflatrate.apps.campaigns.models import Campaign, CampaignState
from mailflatrate.apps.campaigns.queries import sent_back
from mailflatrate.apps.gate.models import GateDecision
from mailflatrate.entrypoints.presenters.panel import CheckItem, Panel, panel_of, panel_of_decision, shared_findings
from mailflatrate.entrypoints.studio.common import TONES


@dataclass(frozen=True, slots=True)
class MessageChecks:
    """A message with the gate's verdict on it. `returned` is why a reviewer returned it."""

    campaign: Campaign
    edit_url: str
    panel: Panel | None
    tone: str
    returned: str

    @property
    def needs_review(self) -> bool:
        return self.panel is not None and any(item.state == "waiting" for item in self.panel.open)


def checks_in(version: AutomationVersion) -> list[MessageChecks]:
    return [_checks(campaign) for campaign in messages_in(version)]


def without_repetition(checked: Sequence[MessageChecks]) -> tuple[list[CheckItem], list[MessageChecks]]:
    shared, panels = shared_findings([checks.panel for checks in checked])
    return shared, [replace(checks, panel=panel) for checks, panel in zip(checked, panels, strict=True)]


def _checks(campaign: Campaign) -> MessageChecks:
    returned = sent_back(campaign.id)
    return MessageChecks(
        campaign,
        reverse("studio:campaign-edit", args=[campaign.id]),
        _panel(campaign),
        TONES[CampaignState(campaign.state)],
        returned.text if returned is not None and campaign.state == CampaignState.DRAFT else "",
    )


def _panel(campaign: Campaign) -> Panel | None:
    if campaign.state == CampaignState.DRAFT:
        return panel_of(campaign, for_approver=True)
    decision = GateDecision.objects.filter(campaign_id=campaign.id).order_by("-id").first()
    return panel_of_decision(decision) if decision is not None else None
