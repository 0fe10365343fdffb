"""Confirming the policy, sending a test, releasing and withdrawing a release."""

from datetime import datetime
from functools import partial
from typing import Unpack

from django.contrib import messages
from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from mailflatrate.apps.campaigns.actions import drafts
from mailflatrate.apps.campaigns.errors import CampaignError
from mailflatrate.apps.campaigns.local_time import waves_of
from mailflatrate.apps.campaigns.models import Campaign
from mailflatrate.apps.gate import actions as gate
from mailflatrate.apps.gate.test_send import send_test
from mailflatrate.base import clock
from mailflatrate.entrypoints.client import circumstances
from mailflatrate.entrypoints.presenters.campaign_figures import waves_context
from mailflatrate.entrypoints.presenters.language import reading_language
from mailflatrate.entrypoints.presenters.lookups import find_campaign
from mailflatrate.entrypoints.studio.access import StudioRequest, studio
from mailflatrate.entrypoints.studio.campaigns.forms import ScheduleForm, TestForm, WavesChosen, tell_problems
from mailflatrate.entrypoints.studio.common import page
from mailflatrate.entrypoints.ui.pages import NOTHING
from mailflatrate.entrypoints.ui.posts import perform, refuse, see_other
from mailflatrate.mail.author_mistakes import all_in_words
from mailflatrate.mail.liquid import SourceRefused
from mailflatrate.rules.roles import Permission

CHANGED_MEANWHILE = gettext_lazy("The campaign has changed since you opened this page. Review it again.")


def _back(campaign_id: int) -> HttpResponse:
    return see_other(reverse("studio:campaign-edit", args=[campaign_id]))


@studio(
    "POST campaigns/<int:campaign_id>/edit/policy/",
    "campaign-policy",
    Permission.RELEASE,
    limited=True,
    logs="policy.ticked",
)
def tick(request: StudioRequest, campaign_id: int) -> HttpResponse:
    """Confirm the anti-spam policy for exactly the content that was shown (R-04)."""
    find_campaign(campaign_id)
    if request.POST.get("confirm") != "on":
        messages.error(request, _("The policy isn't confirmed yet. Select the box to confirm it."))
        return _back(campaign_id)
    fingerprint = request.POST.get("shown_hash", "")
    return perform(
        request,
        lambda: drafts.tick_policy(campaign_id, by=request.user, shown_hash=fingerprint, where=circumstances(request)),
        _("The policy is confirmed for this content. If you edit it, you'll need to confirm again."),
        reverse("studio:campaign-edit", args=[campaign_id]),
        refused=CampaignError,
        because=str(CHANGED_MEANWHILE),
    )


@studio(
    "POST campaigns/<int:campaign_id>/edit/test/",
    "campaign-test",
    Permission.DRAFT,
    limited=True,
    logs="campaign.test_sent",
)
def test(request: StudioRequest, campaign_id: int) -> HttpResponse:
    find_campaign(campaign_id)
    form = TestForm(request.POST)
    recipients = form.addresses() if form.is_valid() else []
    if not recipients:
        if "readers" not in form.errors:
            messages.error(request, _("Choose at least one address for the test."))
        for problem in form.errors.get_json_data().get("readers", []):
            messages.error(request, problem["message"])
        return _back(campaign_id)
    try:
        sent = send_test(campaign_id, recipients, by=request.user, contact_ids=form.contact_ids())
    except CampaignError as error:
        messages.error(request, str(error))
    except SourceRefused as refused:
        lines = all_in_words(refused.errors, reading_language())
        messages.error(request, _("The test wasn't sent because the content has errors. %(lines)s") % {"lines": lines})
    else:
        text = ngettext("%(n)d test message sent.", "%(n)d test messages sent.", len(sent))
        messages.success(request, text % {"n": len(sent)})
    return _back(campaign_id)


@studio("POST campaigns/<int:campaign_id>/edit/waves/", "campaign-waves", Permission.DRAFT, limited=True, logs=NOTHING)
def waves(request: StudioRequest, campaign_id: int) -> HttpResponse:
    campaign = find_campaign(campaign_id)
    form = ScheduleForm(request.POST)
    context: dict[str, object] = {"campaign": campaign}
    if form.is_valid() and form.cleaned_data["waves"]:
        campaign.time_zone = form.cleaned_data["time_zone"]
        campaign.at_best_hour = form.waves_chosen["at_best_hour"]
        context |= waves_context(waves_of(campaign, form.cleaned_data["moment"], clock.now()))
    return page(request, "studio/campaigns/waves.html", context)


@studio(
    "POST campaigns/<int:campaign_id>/release/",
    "campaign-release",
    Permission.RELEASE,
    limited=True,
    logs="campaign.released",
)
def release(request: StudioRequest, campaign_id: int) -> HttpResponse:
    """Release the campaign now or schedule it. The gate decides; its decision is stored either way."""
    campaign = find_campaign(campaign_id)
    if request.POST.get("when") != "later":
        return _release(request, campaign, None)
    form = ScheduleForm(request.POST)
    if not form.is_valid():
        tell_problems(request, form)
        return _back(campaign_id)
    if campaign.time_zone != form.cleaned_data["time_zone"]:
        try:
            drafts.update_campaign(campaign_id, {"time_zone": form.cleaned_data["time_zone"]}, by=request.user)
        except CampaignError:
            return see_other(reverse("studio:campaign", args=[campaign_id]))
    return _release(request, campaign, form.cleaned_data["moment"], **form.waves_chosen)


def _release(
    request: StudioRequest, campaign: Campaign, at: datetime | None, **waves_chosen: Unpack[WavesChosen]
) -> HttpResponse:
    if request.POST.get("confirm") == "on":
        try:
            drafts.tick_policy(
                campaign.id,
                by=request.user,
                shown_hash=request.POST.get("shown_hash", ""),
                where=circumstances(request),
            )
        except CampaignError:
            messages.error(request, CHANGED_MEANWHILE)
            return _back(campaign.id)
    try:
        decision = gate.release_campaign(campaign.id, by=request.user, at=at, **waves_chosen)
    except CampaignError as problem:
        return refuse(request, str(problem), reverse("studio:campaign", args=[campaign.id]))
    if not decision.allowed:
        messages.error(request, _("Not sent yet: some checks on the right haven't passed."))
        return _back(campaign.id)
    return see_other(reverse("studio:campaign", args=[campaign.id]))


@studio(
    "POST campaigns/<int:campaign_id>/take-back/",
    "campaign-take-back",
    Permission.RELEASE,
    limited=True,
    logs="campaign.withdrawn",
)
def take_back(request: StudioRequest, campaign_id: int) -> HttpResponse:
    find_campaign(campaign_id)
    return perform(
        request,
        partial(drafts.unschedule, campaign_id),
        _("It's a draft again and won't be sent automatically."),
        reverse("studio:campaign-edit", args=[campaign_id]),
        refused=CampaignError,
        because=_("Only a scheduled campaign can be returned to draft. Pause one that's being sent."),
        back=reverse("studio:campaign", args=[campaign_id]),
    )
