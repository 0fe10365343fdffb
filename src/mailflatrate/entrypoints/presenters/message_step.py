"""Messages of automations in the editor of campaigns: the step that a message belongs to, and the way back to it."""

from typing import Any

from django.urls import reverse

from mailflatrate.apps.automations.graphs import graph_of
from mailflatrate.apps.automations.models import Automation
from mailflatrate.apps.automations.queries import newest_version
from mailflatrate.apps.campaigns.models import Campaign
from mailflatrate.rules.automations.reading import GraphRefused


def step_of_message(campaign: Campaign) -> dict[str, Any] | None:
    """Return the step that sends a message; None for a campaign of its own."""
    automation = Automation.objects.filter(id=campaign.automation_id or 0).first()
    if automation is None:
        return None
    url = reverse("studio:automation_flow", args=[automation.id])
    try:
        steps = graph_of(newest_version(automation.id)).all_steps()
    except GraphRefused:
        return {"automation": automation, "url": url}
    key = next((step.id for step in steps if step.campaign == campaign.id), "")
    return {"automation": automation, "url": f"{url}?step={key}" if key else url}
