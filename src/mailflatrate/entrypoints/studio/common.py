"""Code shared by the studio's pages: the frame, finding a campaign, the reader's language."""

from dataclasses import dataclass
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render

from mailflatrate.apps.campaigns.models import CampaignState
from mailflatrate.entrypoints.studio.access import StudioRequest, page_context

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


@dataclass(frozen=True, slots=True)
class FilterChip:
    """A filter. `query`: the state without it or, if it isn't active, with it. `count` may be empty."""

    label: str
    query: str
    active: bool = True
    count: int | str = ""


def page(request: StudioRequest, template: str, context: dict[str, Any], *, status: int = 0) -> HttpResponse:
    """Render a page of the studio; a `form` that was posted with mistakes makes its status 422."""
    if not status:
        status = 422 if request.method == "POST" and getattr(context.get("form"), "errors", None) else 200
    return render(request, template, {**page_context(request), **context}, status=status)


def whole_number(text: str | None) -> int:
    """Parse a number from a query string; 0 for anything invalid."""
    return int(text) if text and text.isascii() and text.isdecimal() and len(text) < 19 else 0
