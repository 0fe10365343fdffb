"""Messages of automations in the editor of campaigns: the step that a message belongs to, and the way back to it."""

from dataclasses import dataclass

from django.urls import reverse

from mailflatrate.apps.automations.graphs import graph_of
from mailflatrate.apps.automations.models import Automation
from mailflatrate.apps.automations.queries import newest_version
from mailflatrate.apps.campaigns.models import Campaign
from mailflatrate.rules.automations.reading import GraphRefused


@dataclass(frozen=True, slots=True)
class MessageStep:
    """The automation that a message belongs to, and the address of its step in the flow."""

    automation: Automation
    url: str


def step_of_message(campaign: Campaign) -> MessageStep | None:
    """Return the step that sends a message; None for a campaign of its own."""
    automation = Automation.objects.filter(id=campaign.automation_id or 0).first()
    if automation is None:
        return None
    url = reverse("studio:automation_flow", args=[automation.id])
    try:
        steps = graph_of(newest_version(automation.id)).all_steps()
    except GraphRefused:
        return MessageStep(automation, url)
    key = next((step.id for step in steps if step.campaign == campaign.id), "")
    return MessageStep(automation, f"{url}?step={key}" if key else url)
