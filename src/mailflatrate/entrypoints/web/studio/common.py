"""What the studio pages share: the frame, finding a campaign, the reader's language."""

from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import NoReverseMatch, reverse

from mailflatrate.apps.accounts.queries import may_write
from mailflatrate.apps.campaigns.models import Campaign, CampaignState
from mailflatrate.entrypoints.web.studio.access import StudioRequest

TONES = {
    CampaignState.DRAFT: "",
    CampaignState.REVIEW: "info",
    CampaignState.SCHEDULED: "info",
    CampaignState.PLANNING: "primary",
    CampaignState.SENDING: "primary",
    CampaignState.WAITING: "warning",
    CampaignState.PAUSED: "warning",
    CampaignState.SENT: "success",
    CampaignState.CANCELLED: "error",
}


def find_campaign(campaign_id: int) -> Campaign:
    """Return the account's own campaign. Raises Http404 for anything else."""
    found = Campaign.objects.select_related("sender__domain").filter(id=campaign_id).first()
    if found is None:
        raise Http404
    return found


def page(request: StudioRequest, template: str, context: dict[str, Any], *, status: int = 200) -> HttpResponse:
    """Render a page of the studio."""
    return render(request, template, {"may_write": may_write(request.membership), **context}, status=status)


def url_or_nothing(name: str, *args: object) -> str:
    """Return the URL of a studio page; empty if this installation has no page of that name."""
    try:
        return reverse(f"studio:{name}", args=args)
    except NoReverseMatch:
        return ""


def whole_number(text: str | None) -> int:
    """Parse a number from a query string; 0 for anything invalid."""
    return int(text) if text and text.isascii() and text.isdecimal() and len(text) < 19 else 0
