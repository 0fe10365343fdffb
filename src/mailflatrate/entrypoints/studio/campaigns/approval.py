"""Approval: requesting a colleague's release, and the page on which the colleague gives it."""

from functools import partial
from typing import Any

from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from mailflatrate.apps.campaigns.actions import drafts
from mailflatrate.apps.campaigns.content.campaign_content import content_hash
from mailflatrate.apps.campaigns.errors import CampaignError
from mailflatrate.apps.campaigns.models import Campaign, CampaignState
from mailflatrate.apps.campaigns.queries import (
    audience_lists,
    may_approve,
    newest_imprint,
    release_request,
    request_sent_back,
)
from mailflatrate.apps.gate import approval
from mailflatrate.apps.gate.campaigns import promised_recipients
from mailflatrate.entrypoints.client import circumstances
from mailflatrate.entrypoints.presenters.lookups import find_campaign
from mailflatrate.entrypoints.presenters.outcomes import reasons, why_it_stands
from mailflatrate.entrypoints.presenters.panel import panel_of
from mailflatrate.entrypoints.presenters.writing_help import suggested_in
from mailflatrate.entrypoints.studio.access import StudioRequest, studio
from mailflatrate.entrypoints.studio.campaigns.comments import comments_context
from mailflatrate.entrypoints.studio.campaigns.forms import ScheduleForm, WavesChosen, tell_problems
from mailflatrate.entrypoints.studio.campaigns.preview import PreviewState, preview_of
from mailflatrate.entrypoints.studio.common import page
from mailflatrate.entrypoints.ui.documents import policy_in_force
from mailflatrate.entrypoints.ui.posts import perform, refuse, see_other, succeed
from mailflatrate.rules.roles import Permission, may

LONGEST_WORDS = 2000


def four_eyes_of(request: StudioRequest, campaign: Campaign, present_hash: str) -> dict[str, Any] | None:
    """Return the approval state for the signed-in person; None if this person may release alone."""
    if not request.account.four_eyes and may(request.membership.role, Permission.RELEASE):
        return None
    asked = release_request(campaign.id)
    return {
        "asked": asked,
        "stale": asked is not None and asked.content_hash != present_hash,
        "may_release": asked is not None
        and may(request.membership.role, Permission.RELEASE)
        and may_approve(campaign, asked, request.user.id),
        "is_asker": asked is not None and asked.asked_by_id == request.user.id,
        "others": approval.others_who_may_release(campaign, asked.asked_by if asked else request.user),
        "back": request_sent_back(campaign.id),
    }


def _edit(campaign_id: int) -> str:
    return reverse("studio:campaign-edit", args=[campaign_id])


@studio("POST campaigns/<int:campaign_id>/ask/", "campaign-ask", Permission.DRAFT, limited=True, logs="release.asked")
def ask(request: StudioRequest, campaign_id: int) -> HttpResponse:
    campaign = find_campaign(campaign_id)
    moment, form = None, ScheduleForm(request.POST)
    waves: WavesChosen = {}
    if request.POST.get("when") == "later":
        if not form.is_valid():
            tell_problems(request, form)
            return see_other(_edit(campaign_id))
        moment, waves = form.cleaned_data["moment"], form.waves_chosen
    note = request.POST.get("note", "").strip()[:LONGEST_WORDS]
    try:
        if moment is not None and campaign.time_zone != form.cleaned_data["time_zone"]:
            drafts.update_campaign(campaign_id, {"time_zone": form.cleaned_data["time_zone"]}, by=request.user)
        row = approval.request_approval(
            campaign_id,
            by=request.user,
            shown_hash=request.POST.get("shown_hash", ""),
            at=moment,
            note=note,
            **waves,
        )
    except CampaignError as problem:
        return refuse(request, str(problem), _edit(campaign_id))
    names = ", ".join(str(user) for user in approval.others_who_may_release(row.campaign, request.user))
    text = _("We've emailed %(names)s a link to review and release it.")
    return succeed(request, text % {"names": names}, _edit(campaign_id))


@studio(
    "GET|POST campaigns/<int:campaign_id>/approval/",
    "campaign-approval",
    Permission.RELEASE,
    limited=True,
    logs="campaign.released",
)
def review(request: StudioRequest, campaign_id: int) -> HttpResponse:
    campaign = find_campaign(campaign_id)
    if campaign.state != CampaignState.DRAFT:
        return see_other(reverse("studio:campaign", args=[campaign_id]))
    if release_request(campaign_id) is None:
        return see_other(_edit(campaign_id))
    if request.method != "POST":
        return _approval_page(request, campaign)
    if request.POST.get("confirm") != "on":
        return _approval_page(
            request, campaign, error=_("Select the box to confirm the policy. Then you can release the campaign.")
        )
    try:
        decision = approval.approve_and_release(
            campaign_id, by=request.user, shown_hash=request.POST.get("shown_hash", ""), where=circumstances(request)
        )
    except CampaignError as problem:
        return _approval_page(request, campaign, error=str(problem))
    if not decision.allowed:
        words = _("A check has failed. Fix it, then request approval again.")
        return _approval_page(request, find_campaign(campaign_id), error=words)
    message = _("Released. We'll let your colleague know by email.")
    return succeed(request, message, reverse("studio:campaign", args=[campaign_id]))


def _approval_page(request: StudioRequest, campaign: Campaign, *, error: str = "") -> HttpResponse:
    present = content_hash(campaign, newest_imprint())
    counted = promised_recipients(campaign)
    context: dict[str, Any] = {
        "campaign": campaign, "four_eyes": four_eyes_of(request, campaign, present), "shown_hash": present,
        "asked": release_request(campaign.id), "panel": panel_of(campaign, for_approver=True),
        "policy": policy_in_force(request.LANGUAGE_CODE or "en"),
        "recipients": counted.recipients, "left_out": counted.excluded, "skipped": reasons(counted.skipped),
        "lists": audience_lists(campaign),
        "preview": preview_of(
            request, campaign, PreviewState.of(request), here=reverse("studio:campaign-approval", args=[campaign.id])
        ),
        "suggested": suggested_in(campaign),
        "error": error, "why_it_stands": why_it_stands(campaign), **comments_context(request, campaign),
    }  # fmt: skip
    return page(request, "studio/campaigns/approval.html", context, status=422 if error else 200)


@studio(
    "POST campaigns/<int:campaign_id>/approval/back/",
    "campaign-approval-return",
    Permission.DRAFT,
    limited=True,
    logs="release.sent_back",
)
def back(request: StudioRequest, campaign_id: int) -> HttpResponse:
    find_campaign(campaign_id)
    text = request.POST.get("text", "")[:LONGEST_WORDS]
    return perform(
        request,
        partial(approval.send_back, campaign_id, by=request.user, text=text),
        _("Sent back to the person who requested approval."),
        reverse("studio:campaign-edit", args=[campaign_id]),
        refused=CampaignError,
        back=reverse("studio:campaign-approval", args=[campaign_id]),
    )
