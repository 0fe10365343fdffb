"""One campaign after its release: live progress, actions, clicks, the gate's decision, the frozen edition."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.http import require_POST, require_safe

from mailflatrate.apps.campaigns.errors import CampaignError
from mailflatrate.apps.campaigns.local_time import Wave, waves_of
from mailflatrate.apps.campaigns.models import Campaign, CampaignState, Edition
from mailflatrate.apps.campaigns.queries import audience_lists, newest_edition
from mailflatrate.apps.delivery import actions as delivery
from mailflatrate.apps.delivery import fence
from mailflatrate.apps.delivery.ab_test import decisions_of
from mailflatrate.apps.delivery.models import AbTest
from mailflatrate.apps.delivery.pacing import change_pace
from mailflatrate.apps.delivery.queries import Progress, campaign_progress, campaign_turns, held_lanes, waves_ahead
from mailflatrate.apps.delivery.unknown import unknown_results
from mailflatrate.apps.delivery.warm_up import plan_of
from mailflatrate.apps.gate.models import GateDecision
from mailflatrate.apps.inbound.models import FeedbackKind
from mailflatrate.apps.inbound.queries import feedback_counts
from mailflatrate.apps.tracking.queries import clicks_by_variant, clicks_of
from mailflatrate.base import clock
from mailflatrate.entrypoints.web.language import reading_language
from mailflatrate.entrypoints.web.posts import perform, see_other
from mailflatrate.entrypoints.web.studio.access import StudioRequest, studio
from mailflatrate.entrypoints.web.studio.campaigns.excluded import left_out_of
from mailflatrate.entrypoints.web.studio.campaigns.forms import PaceForm
from mailflatrate.entrypoints.web.studio.campaigns.panel import panel
from mailflatrate.entrypoints.web.studio.campaigns.result_labels import reasons, why_it_stands
from mailflatrate.entrypoints.web.studio.campaigns.variants import ab_test_of, tabs_of
from mailflatrate.entrypoints.web.studio.common import TONES, find_campaign, page, whole_number
from mailflatrate.entrypoints.web.studio.content.message_frame import framed
from mailflatrate.entrypoints.web.studio.figures import Rate, bounce_rate, complaint_rate
from mailflatrate.rules.campaign_states import AWAITING, UNDER_WAY
from mailflatrate.rules.limits import value as limit
from mailflatrate.rules.providers import provider_name
from mailflatrate.rules.verdict import verdict_from_json


@dataclass(frozen=True, slots=True)
class LiveReport:
    """What the live part of the page shows."""

    progress: Progress
    feedback: dict[FeedbackKind, int]
    left_out_total: int
    open_total: int
    clicks: int | None
    """Clicks by people; None if the campaign's click tracking was off."""

    @property
    def bounced_total(self) -> int:
        """All who bounced."""
        return self.progress.bounced_hard + self.progress.bounced_soft + self.progress.bounced_other

    @property
    def delivered_percent(self) -> float:
        """Return the share of planned messages that the receiving server accepted."""
        return 100 * self.progress.sent / self.progress.planned if self.progress.planned else 0.0

    @property
    def handed_over(self) -> int:
        """Return how many messages a server accepted or refused: the basis of the rates."""
        return self.progress.sent + self.bounced_total

    @property
    def complaints(self) -> Rate:
        """Return complaints relative to delivered messages (R-86)."""
        return complaint_rate(self.feedback[FeedbackKind.COMPLAINT], self.progress.sent)

    @property
    def hard_bounces(self) -> Rate:
        """Return hard bounces relative to messages handed over (R-88)."""
        return bounce_rate(self.progress.bounced_hard, self.handed_over)

    @property
    def unsubscribed(self) -> int:
        """How many contacts unsubscribed because of this campaign."""
        return self.feedback[FeedbackKind.UNSUBSCRIBE]

    @property
    def unsubscribed_percent(self) -> float:
        """Return the share of delivered messages that led to an unsubscribe."""
        return 100 * self.unsubscribed / self.progress.sent if self.progress.sent else 0.0


def live_of(campaign: Campaign) -> LiveReport:
    """Return a campaign's current figures."""
    progress = campaign_progress(campaign.id)
    return LiveReport(
        progress=progress,
        feedback=feedback_counts(campaign.id),
        left_out_total=sum(progress.left_out.values()) + progress.withheld_total,
        open_total=progress.pending + progress.deferred,
        clicks=sum(clicks_by_variant(campaign.id).values()) if campaign.track_clicks else None,
    )


def base_context(campaign: Campaign, here: str) -> dict[str, Any]:
    """Return what the header of every report tab needs."""
    return {
        "campaign": campaign,
        "tone": TONES[CampaignState(campaign.state)],
        "tab": here,
        "moving": campaign.state in UNDER_WAY,
        "on_hold": campaign.state in UNDER_WAY and fence.is_held(),
        "live": live_of(campaign),
        "unknown": unknown_results(campaign.id),
    }


def _progress_context(campaign: Campaign) -> dict[str, Any]:
    context = base_context(campaign, "overview")
    progress: Progress = context["live"].progress
    return {
        **context,
        "left_out": reasons(progress.left_out),
        "withheld": reasons(progress.withheld),
        "unsubscribe_limit": limit("unsubscribe_stop"),
        "why_it_stands": why_it_stands(campaign),
        "waves": waves_to_come(campaign),
        "waits_for_choice": bool(campaign.variants)
        and AbTest.objects.filter(campaign_id=campaign.id, winner=None, tested_at__isnull=False).exists(),
        "warm_up": plan_of(campaign, progress.pending) if campaign.state in UNDER_WAY else None,
        "turns": campaign_turns(campaign.id, progress.pending) if campaign.state in UNDER_WAY else None,
        "held": [
            {
                "name": provider_name(lane.provider, reading_language()),
                "rule": lane.rule,
                "waiting": progress.held[lane.provider],
            }
            for lane in (held_lanes(campaign.id) if any(progress.held.values()) else [])
            if progress.held[lane.provider]
        ],
    }


def waves_to_come(campaign: Campaign) -> list[Wave]:
    """Return the waves still to come of a campaign sent by local time."""
    if campaign.local_at is None:
        return []
    if campaign.state in AWAITING:
        return waves_of(campaign, campaign.local_at, clock.now())
    return [Wave(at, people, 0) for at, people in waves_ahead(campaign.id)]


@require_safe
@studio
def overview(request: StudioRequest, campaign_id: int) -> HttpResponse:
    """Show the status of a released campaign. A draft redirects to its editor."""
    campaign = find_campaign(campaign_id)
    if campaign.state == CampaignState.DRAFT:
        return see_other(reverse("studio:campaign-edit", args=[campaign_id]))
    context = {
        **_progress_context(campaign),
        "lists": audience_lists(campaign),
        "left_out_names": left_out_of(campaign).names,
        "test": ab_test_of(campaign),
        "pace_form": PaceForm(initial={"per_hour": campaign.per_hour}),
    }
    return page(request, "studio/campaigns/report.html", context)


@require_safe
@studio
def progress(request: StudioRequest, campaign_id: int) -> HttpResponse:
    """Return only the part that changes; it reloads while the campaign is being sent."""
    campaign = find_campaign(campaign_id)
    return page(request, "studio/campaigns/progress.html", {**_progress_context(campaign), "alone": True})


@require_safe
@studio
def clicks(request: StudioRequest, campaign_id: int) -> HttpResponse:
    """Show clicks by link, with people and machines counted separately (R-108, R-110)."""
    campaign = find_campaign(campaign_id)
    shown = _variant_tabs(request, campaign)
    links = clicks_of(shown["edition"]) if shown["edition"] else []
    context = {
        **shown,
        **base_context(campaign, "clicks"),
        "links": links,
        "people": sum(each.people for each in links),
        "machines": sum(each.machines for each in links),
    }
    return page(request, "studio/campaigns/clicks.html", context)


def sent_edition(campaign: Campaign, variant: int | None = None) -> Edition | None:
    """Return the released edition, or the newest one before the release.

    With several variants, return the requested one, else the winner, else the first.
    """
    editions = {row.edition.variant: row.edition for row in decisions_of(campaign.id) if row.edition}
    if not editions:
        return newest_edition(campaign.id)
    chosen = AbTest.objects.filter(campaign_id=campaign.id).values_list("winner", flat=True).first()
    wanted = variant if variant is not None else chosen or 0
    return editions.get(wanted) or editions[min(editions)]


def _variant_tabs(request: StudioRequest, campaign: Campaign) -> dict[str, Any]:
    """Return the edition shown on a page, and the tabs for switching variants."""
    number = whole_number(request.GET["variant"]) if "variant" in request.GET else None
    edition = sent_edition(campaign, number)
    present = edition.variant if edition else 0
    return {"edition": edition, "variants": tabs_of(campaign, present) if campaign.variants else []}


@require_safe
@studio
def decision(request: StudioRequest, campaign_id: int) -> HttpResponse:
    """Show every decision of the gate about this campaign, with passed and failed checks."""
    campaign = find_campaign(campaign_id)
    stored = GateDecision.objects.filter(campaign_id=campaign.id).select_related("decided_by", "edition")
    found = list(stored.order_by("-decided_at", "-id")[:20])
    answers = [
        (each, panel(verdict_from_json({"rules_version": each.rules_version, "findings": each.findings})))
        for each in found
    ]
    return page(request, "studio/campaigns/decision.html", {**base_context(campaign, "decision"), "answers": answers})


@require_safe
@studio
def edition(request: StudioRequest, campaign_id: int) -> HttpResponse:
    """Show the frozen edition: subject, both parts, and its imprint."""
    campaign = find_campaign(campaign_id)
    context = {**base_context(campaign, "edition"), **_variant_tabs(request, campaign)}
    return page(request, "studio/campaigns/edition.html", context)


@require_safe
@xframe_options_sameorigin
@studio
def edition_html(request: StudioRequest, campaign_id: int) -> HttpResponse:
    """Serve the frozen HTML part, personal fields still in braces, under a policy that lets it do nothing."""
    edition = _variant_tabs(request, find_campaign(campaign_id))["edition"]
    if edition is None:
        raise Http404
    return framed(request, edition.html)


def _act(campaign_id: int, action: Callable[[int], object], done: str, request: StudioRequest) -> HttpResponse:
    find_campaign(campaign_id)
    changed = _("The campaign's status has changed in the meantime. This is the current status.")
    here = reverse("studio:campaign", args=[campaign_id])
    return perform(request, partial(action, campaign_id), done, here, refused=CampaignError, because=changed)


@require_POST
@studio
def pause(request: StudioRequest, campaign_id: int) -> HttpResponse:
    """Pause sending within a second; nothing is lost."""
    return _act(campaign_id, delivery.pause_campaign, _("Paused. Resume to send the remaining messages."), request)


@require_POST
@studio
def resume(request: StudioRequest, campaign_id: int) -> HttpResponse:
    """Continue with the remaining recipients."""
    return _act(campaign_id, delivery.resume_campaign, _("Sending has resumed."), request)


@require_POST
@studio
def send_unsent(request: StudioRequest, campaign_id: int) -> HttpResponse:
    """Send a finished campaign to the recipients who certainly did not get it."""
    return _act(campaign_id, delivery.send_unsent, _("We're sending it to the recipients who didn't get it."), request)


@require_POST
@studio
def speed(request: StudioRequest, campaign_id: int) -> HttpResponse:
    """Change the sending speed from now on."""
    form = PaceForm(request.POST)
    find_campaign(campaign_id)
    if not form.is_valid():
        messages.error(
            request, _("The speed wasn't changed. %(why)s") % {"why": " ".join(map(str, form.errors["per_hour"]))}
        )
        return see_other(reverse("studio:campaign", args=[campaign_id]))
    per_hour = form.cleaned_data["per_hour"]
    return _act(campaign_id, lambda one: change_pace(one, per_hour), _("Speed changed."), request)


@require_POST
@studio
def cancel(request: StudioRequest, campaign_id: int) -> HttpResponse:
    """Cancel the campaign permanently."""
    return _act(
        campaign_id,
        delivery.cancel_campaign,
        _("Campaign canceled. Messages that haven't been sent yet won't be."),
        request,
    )
