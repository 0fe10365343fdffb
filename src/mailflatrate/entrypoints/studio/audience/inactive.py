"""Contacts inactive for a year: their number, a campaign that asks them once more, and the sunset (R-13, R-91)."""

from datetime import timedelta
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from mailflatrate.apps.campaigns.actions.templates import start_from_gallery
from mailflatrate.apps.campaigns.models import Campaign, CampaignState
from mailflatrate.apps.lists.queries import mailable_count
from mailflatrate.apps.segments.actions import sunset as sunset_actions
from mailflatrate.apps.segments.inactive import inactive_conditions, inactive_count, open_lists
from mailflatrate.base import audit, clock
from mailflatrate.entrypoints.studio.access import StudioRequest, studio
from mailflatrate.entrypoints.studio.common import page
from mailflatrate.entrypoints.ui.menu import CONTACTS, Tab
from mailflatrate.entrypoints.ui.posts import see_other
from mailflatrate.rules.limits import value as limit
from mailflatrate.rules.roles import Permission

TEMPLATE = "repermission"
SHOWN = 5


def _months(name: str) -> int:
    return round(limit(name) * 12 / 365)


def _asked(campaign: Campaign) -> dict[str, Any]:
    assert campaign.started_at is not None
    until = campaign.started_at + timedelta(days=limit("sunset_answer_days"))
    return {"campaign": campaign, "inactive": inactive_count(campaign.id), "until": until, "over": until <= clock.now()}


def _repermissions() -> list[Campaign]:
    """Return finished campaigns to exactly these contacts, newest first."""
    over = Campaign.objects.filter(state=CampaignState.SENT, conditions=inactive_conditions(), started_at__isnull=False)
    return list(over.order_by("-started_at")[:SHOWN])


@studio(
    "GET inactive/",
    "inactive",
    Permission.RELEASE,
    tab=Tab(CONTACTS, pgettext_lazy("contacts", "Inactive"), gettext_lazy("sunset, win back, not opened"), place=100),
)
def inactive_contacts(request: StudioRequest) -> HttpResponse:
    context = {
        "inactive": inactive_count(),
        "mailable": mailable_count(),
        "review_months": _months("consent_review_days"),
        "most_months": _months("consent_max_days"),
        "asked": [_asked(campaign) for campaign in _repermissions()],
    }
    return page(request, "studio/audience/inactive.html", context)


@studio("POST inactive/ask/", "inactive-ask", Permission.RELEASE, logs="people.asked")
def ask_again(request: StudioRequest) -> HttpResponse:
    if not inactive_count():
        return see_other(reverse("studio:inactive"))
    draft = start_from_gallery(
        TEMPLATE,
        request.account.language,
        name=_("Do you want to stay?"),
        by=request.user,
        values={"list_ids": open_lists(), "conditions": inactive_conditions()},
    )
    return see_other(reverse("studio:campaign-edit", args=[draft.id]))


@studio("POST inactive/<int:campaign_id>/sunset/", "inactive-sunset", Permission.CONTACTS, logs="people.withdrawn")
def sunset(request: StudioRequest, campaign_id: int) -> HttpResponse:
    question = next((_asked(campaign) for campaign in _repermissions() if campaign.id == campaign_id), None)
    if question is None:
        raise Http404
    if question["over"] and question["inactive"]:
        sunset_actions.ask_withdrawal(campaign_id, question["inactive"], by=audit.person(request.user))
        messages.success(request, _("We're removing them in batches of a few hundred."))
    return see_other(reverse("studio:inactive"))
