"""The links of a draft on the pages: what was found behind them, and another visit."""

from typing import Any

from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from mailflatrate.apps.campaigns.actions.link_visits import visit_again
from mailflatrate.apps.campaigns.content.page_fetches import is_used_up, used_up_words
from mailflatrate.apps.campaigns.writing.writing_help import is_installed
from mailflatrate.entrypoints.presenters.link_visits import visits_context
from mailflatrate.entrypoints.presenters.lookups import find_campaign
from mailflatrate.entrypoints.presenters.panel import panel_of
from mailflatrate.entrypoints.studio.access import StudioRequest, studio
from mailflatrate.entrypoints.studio.common import page
from mailflatrate.entrypoints.ui.pages import NOTHING
from mailflatrate.entrypoints.ui.posts import refuse, succeed
from mailflatrate.rules.roles import Permission


@studio("GET campaigns/<int:campaign_id>/edit/links/", "campaign-link-visits", Permission.DRAFT, limited=True)
def links(request: StudioRequest, campaign_id: int) -> HttpResponse:
    campaign = find_campaign(campaign_id)
    context: dict[str, Any] = {"campaign": campaign, **visits_context(campaign.id)}
    if "waits" in request.GET and not context["visits_wait"]:
        context |= {"panel": panel_of(campaign), "finished": True, "writing_help": is_installed()}
    return page(request, "studio/campaigns/link_visits.html", context)


@studio(
    "POST campaigns/<int:campaign_id>/edit/links/visit/",
    "campaign-visit-links",
    Permission.DRAFT,
    limited=True,
    logs=NOTHING,
)
def visit(request: StudioRequest, campaign_id: int) -> HttpResponse:
    campaign, here = find_campaign(campaign_id), reverse("studio:campaign-edit", args=[campaign_id]) + "#step-check"
    if is_used_up():
        return refuse(request, used_up_words(), here)
    number = visit_again(campaign.id)
    words = ngettext("We're visiting %(number)d link.", "We're visiting %(number)d links.", number)
    message = words % {"number": number} if number else _("The links were visited a moment ago.")
    return succeed(request, message, here)
