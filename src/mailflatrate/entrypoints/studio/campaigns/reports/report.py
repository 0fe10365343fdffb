"""One campaign after its release: live progress, actions, clicks, the gate's decision, the frozen edition."""

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from django.http import Http404, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.clickjacking import xframe_options_sameorigin

from mailflatrate.apps.campaigns.errors import CampaignError
from mailflatrate.apps.campaigns.models import Campaign, CampaignState
from mailflatrate.apps.campaigns.queries import audience_lists
from mailflatrate.apps.campaigns.variants import variant_count
from mailflatrate.apps.delivery import fence
from mailflatrate.apps.delivery.actions import campaigns
from mailflatrate.apps.delivery.models import AbTest
from mailflatrate.apps.delivery.pacing import change_pace
from mailflatrate.apps.delivery.planning.warm_up import plan_of
from mailflatrate.apps.delivery.queries import Progress, campaign_turns, held_lanes
from mailflatrate.apps.delivery.recovery.unknown import unknown_results
from mailflatrate.apps.gate.models import GateDecision
from mailflatrate.apps.tracking.counts import ClickCounts
from mailflatrate.apps.tracking.poll_results import has_polls
from mailflatrate.apps.tracking.queries import clicks_of
from mailflatrate.entrypoints.presenters.ab_test import ab_test_of
from mailflatrate.entrypoints.presenters.campaign_figures import (
    LiveReport,
    goal_words,
    live_of,
    sent_edition,
    waves_context,
    waves_to_come,
)
from mailflatrate.entrypoints.presenters.conversions import ConversionReport, conversion_report, per_message
from mailflatrate.entrypoints.presenters.language import reading_language
from mailflatrate.entrypoints.presenters.lookups import find_campaign
from mailflatrate.entrypoints.presenters.outcomes import reasons, why_it_stands
from mailflatrate.entrypoints.presenters.panel import panel_of_decision
from mailflatrate.entrypoints.studio.access import StudioRequest, studio
from mailflatrate.entrypoints.studio.campaigns.excluded import exclusions_of
from mailflatrate.entrypoints.studio.campaigns.forms import PaceForm
from mailflatrate.entrypoints.studio.campaigns.reports.report_figures import (
    SHOWN_LINKS,
    ReportFigures,
    link_names,
    report_figures,
)
from mailflatrate.entrypoints.studio.campaigns.variants import tabs_of
from mailflatrate.entrypoints.studio.common import TONES, page, whole_number
from mailflatrate.entrypoints.studio.content.message_frame import framed
from mailflatrate.entrypoints.ui.csv_lines import csv_line
from mailflatrate.entrypoints.ui.posts import perform, refuse, see_other
from mailflatrate.locale.formats import rate_number
from mailflatrate.locale.texts import ENGLISH
from mailflatrate.rules.campaigns.campaign_states import UNDER_WAY
from mailflatrate.rules.feedback.measures import ThresholdCause, rate_limits
from mailflatrate.rules.limits import value as limit
from mailflatrate.rules.roles import Permission
from mailflatrate.rules.sending.providers import provider_name


def base_context(campaign: Campaign, here: str, counts: ClickCounts | None = None) -> dict[str, Any]:
    return {
        "campaign": campaign,
        "tone": TONES[CampaignState(campaign.state)],
        "tab": here,
        "moving": campaign.state in UNDER_WAY,
        "on_hold": campaign.state in UNDER_WAY and fence.is_held(),
        "live": live_of(campaign, counts),
        "unknown": unknown_results(campaign.id),
        "has_polls": has_polls(campaign.id),
    }


def _progress_context(campaign: Campaign, counts: ClickCounts | None = None) -> dict[str, Any]:
    context = base_context(campaign, "overview", counts)
    progress: Progress = context["live"].progress
    return {
        **context,
        "left_out": reasons(progress.left_out),
        "withheld": reasons(progress.withheld),
        "unsubscribe_limit": limit("unsubscribe_stop"),
        "why_it_stands": why_it_stands(campaign),
        **waves_context(waves_to_come(campaign)),
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


def figures_context(numbers: ReportFigures) -> dict[str, Any]:
    most = max((link.people for link in numbers.links), default=0)
    clicked = [link for link in numbers.links if link.people][:SHOWN_LINKS]
    names = link_names(numbers.links)
    return {
        "figures": numbers,
        "top_links": [(link, names[link.url], 100 * link.people // most) for link in clicked],
    }


@studio("GET campaigns/<int:campaign_id>/figures.csv", "campaign-figures", Permission.VIEW, limited=True)
def figures(request: StudioRequest, campaign_id: int) -> HttpResponse:
    campaign = find_campaign(campaign_id)
    if campaign.started_at is None:
        raise Http404
    numbers = report_figures(campaign)
    live = live_of(campaign, numbers.counts)
    lines = figures_lines(campaign, live, numbers, conversion_report(campaign, live.progress.sent))
    response = HttpResponse("\ufeff" + "".join(map(csv_line, lines)), content_type="text/csv; charset=utf-8")
    response.headers["Content-Disposition"] = f'attachment; filename="{campaign.mailing_id}-figures.csv"'
    response.headers["Cache-Control"] = "no-store"
    return response


@studio("GET campaigns/<int:campaign_id>/", "campaign", Permission.RELEASE, limited=True)
def overview(request: StudioRequest, campaign_id: int) -> HttpResponse:
    campaign = find_campaign(campaign_id)
    if campaign.state == CampaignState.DRAFT:
        return see_other(reverse("studio:campaign-edit", args=[campaign_id]))
    numbers = report_figures(campaign) if campaign.started_at else None
    progress = _progress_context(campaign, numbers.counts if numbers else None)
    context = {
        **progress,
        "lists": audience_lists(campaign),
        "excluded_names": exclusions_of(campaign).names,
        "goal_words": goal_words(campaign),
        "test": ab_test_of(campaign),
        **(figures_context(numbers) if numbers else {}),
        "conversions": conversion_report(campaign, progress["live"].progress.sent),
        "pace_form": PaceForm(initial={"per_hour": campaign.per_hour}),
    }
    return page(request, "studio/campaigns/report.html", context)


@studio("GET campaigns/<int:campaign_id>/progress/", "campaign-progress", Permission.RELEASE, limited=True)
def progress(request: StudioRequest, campaign_id: int) -> HttpResponse:
    campaign = find_campaign(campaign_id)
    return page(request, "studio/campaigns/progress.html", {**_progress_context(campaign), "alone": True})


@studio("GET campaigns/<int:campaign_id>/clicks/", "campaign-clicks", Permission.VIEW, limited=True)
def clicks(request: StudioRequest, campaign_id: int) -> HttpResponse:
    """Show clicks by link, with people and machines counted separately (R-108, R-110)."""
    campaign = find_campaign(campaign_id)
    if campaign.state == CampaignState.DRAFT:  # a test send left an edition, but nothing was sent that has figures
        return see_other(reverse("studio:campaign-edit", args=[campaign_id]))
    tabs = _variant_tabs(request, campaign)
    links = clicks_of(tabs["edition"]) if tabs["edition"] else []
    context = {
        **tabs,
        **base_context(campaign, "clicks"),
        "links": links,
        "people": sum(link.people for link in links),
        "machines": sum(link.machines for link in links),
    }
    return page(request, "studio/campaigns/clicks.html", context)


def _variant_tabs(request: StudioRequest, campaign: Campaign) -> dict[str, Any]:
    number = whole_number(request.GET["variant"]) if "variant" in request.GET else None
    edition = sent_edition(campaign, number)
    present = edition.variant if edition else 0
    return {"edition": edition, "variants": tabs_of(campaign, present) if variant_count(campaign) > 1 else []}


@studio("GET campaigns/<int:campaign_id>/decision/", "campaign-decision", Permission.VIEW, limited=True)
def decision(request: StudioRequest, campaign_id: int) -> HttpResponse:
    campaign = find_campaign(campaign_id)
    stored = GateDecision.objects.filter(campaign_id=campaign.id).select_related("decided_by", "edition")
    decisions = list(stored.order_by("-decided_at", "-id")[:20])
    answers = [(gate_decision, panel_of_decision(gate_decision)) for gate_decision in decisions]
    return page(request, "studio/campaigns/decision.html", {**base_context(campaign, "decision"), "answers": answers})


@studio("GET campaigns/<int:campaign_id>/edition/", "campaign-edition", Permission.VIEW, limited=True)
def edition(request: StudioRequest, campaign_id: int) -> HttpResponse:
    campaign = find_campaign(campaign_id)
    context = {**base_context(campaign, "edition"), **_variant_tabs(request, campaign)}
    return page(request, "studio/campaigns/edition.html", context)


@xframe_options_sameorigin
@studio("GET campaigns/<int:campaign_id>/edition/html/", "campaign-edition-html", Permission.VIEW, limited=True)
def edition_html(request: StudioRequest, campaign_id: int) -> HttpResponse:
    """With personal fields still in braces, under a policy that forbids scripts and forms."""
    edition = _variant_tabs(request, find_campaign(campaign_id))["edition"]
    if edition is None:
        raise Http404
    return framed(request, edition.html)


def _act(campaign_id: int, action: Callable[[int], object], done: str, request: StudioRequest) -> HttpResponse:
    find_campaign(campaign_id)
    changed = _("The campaign's status has changed in the meantime. This is the current status.")
    here = reverse("studio:campaign", args=[campaign_id])
    return perform(request, partial(action, campaign_id), done, here, refused=CampaignError, because=changed)


@studio(
    "POST campaigns/<int:campaign_id>/pause/",
    "campaign-pause",
    Permission.RELEASE,
    limited=True,
    logs="campaign.paused",
)
def pause(request: StudioRequest, campaign_id: int) -> HttpResponse:
    """Pause sending within a second; nothing is lost."""
    return _act(campaign_id, campaigns.pause_campaign, _("Paused. Resume to send the remaining messages."), request)


@studio(
    "POST campaigns/<int:campaign_id>/resume/",
    "campaign-resume",
    Permission.RELEASE,
    limited=True,
    logs="campaign.resumed",
)
def resume(request: StudioRequest, campaign_id: int) -> HttpResponse:
    return _act(campaign_id, campaigns.resume_campaign, _("Sending has resumed."), request)


@studio(
    "POST campaigns/<int:campaign_id>/send-unsent/",
    "campaign-send-unsent",
    Permission.RELEASE,
    limited=True,
    logs="campaign.resumed",
)
def send_unsent(request: StudioRequest, campaign_id: int) -> HttpResponse:
    """Send a finished campaign to the recipients who certainly did not get it."""
    return _act(campaign_id, campaigns.send_unsent, _("We're sending it to the recipients who didn't get it."), request)


@studio(
    "POST campaigns/<int:campaign_id>/speed/",
    "campaign-speed",
    Permission.RELEASE,
    limited=True,
    logs="campaign.speed_set",
)
def speed(request: StudioRequest, campaign_id: int) -> HttpResponse:
    form = PaceForm(request.POST)
    find_campaign(campaign_id)
    if not form.is_valid():
        why = " ".join(map(str, form.errors["per_hour"]))
        text = _("The speed wasn't changed. %(why)s") % {"why": why}
        return refuse(request, text, reverse("studio:campaign", args=[campaign_id]))
    per_hour = form.cleaned_data["per_hour"]
    return _act(campaign_id, lambda number: change_pace(number, per_hour), _("Speed changed."), request)


@studio(
    "POST campaigns/<int:campaign_id>/cancel/",
    "campaign-cancel",
    Permission.RELEASE,
    limited=True,
    logs="campaign.canceled",
)
def cancel(request: StudioRequest, campaign_id: int) -> HttpResponse:
    return _act(
        campaign_id,
        campaigns.cancel_campaign,
        _("Campaign canceled. Messages that haven't been sent yet won't be."),
        request,
    )


def figures_lines(
    campaign: Campaign, live: LiveReport, figures: ReportFigures, conversions: ConversionReport | None = None
) -> Iterator[tuple[str, ...]]:
    """Yield the file's rows: section, label, number, rate in percent, usual rate in percent. Times are UTC."""
    yield _("Section"), _("Label"), _("Number"), _("Percent"), _("Usual percent")
    total = _("Total")
    progress = live.progress
    yield total, _("Delivered"), str(progress.sent), _rate(live.delivered_percent), _rate(figures.delivered.usual)
    if live.clicks is not None:
        yield total, _("Clicks"), str(live.clicks), _rate(live.click_percent), _rate(figures.clicked.usual)
        yield total, _("Clicks by bots"), str(figures.machines), "", ""
    left = figures.unsubscribed
    limits = rate_limits(ThresholdCause.UNSUBSCRIBES)
    yield total, _("Unsubscribed"), str(live.unsubscribed), _rate(left.percent, *limits), _rate(left.usual)
    for name, rate in ((_("Hard bounces"), live.hard_bounces), (_("Complaints"), live.complaints)):
        yield total, name, str(rate.events), _rate(rate.percent, *rate_limits(rate.cause)), ""
    if conversions:
        yield from _conversion_lines(conversions, progress.sent)
    for text in figures.languages:
        yield _("Language"), text.name, str(text.delivered), "", ""
        if text.clicks is not None:
            yield _("Clicks by language"), text.name, str(text.clicks), _rate(text.click_percent), ""
        yield _("Unsubscribed by language"), text.name, str(text.unsubscribed), "", ""
    for line in figures.providers:
        yield _("Provider"), line.name, str(line.results), _rate(line.delivered), ""
    for link in figures.links:
        yield _("Link"), link.url, str(link.people), "", ""
    for reason in (*figures.reasons, *figures.stayed):
        yield _("Unsubscribed"), reason.label, str(reason.number), "", ""
    if figures.timeline is None:
        return
    for begins_at, number, usual in figures.timeline.rows:
        at = begins_at.strftime("%Y-%m-%d %H:%M:%S")
        yield figures.timeline.title, at, str(number), "", "" if usual is None else f"{usual:g}"


def _conversion_lines(report: ConversionReport, delivered: int) -> Iterator[tuple[str, ...]]:
    section, total = _("Conversions"), report.total
    yield section, _("By click"), str(total.by_click), "", ""
    yield section, _("By coupon code"), str(total.by_coupon), "", ""
    yield section, _("Refunds"), str(total.refunds), "", ""
    for money in total.revenue:
        yield _("Revenue"), money.currency, str(money.amount), "", ""
    for money in per_message(total.revenue, delivered):
        yield _("Revenue per delivered message"), money.currency, str(money.amount), "", ""
    for part in report.parts:
        yield _("Conversions by part"), part.label, str(part.counts.conversions), "", ""
        for money in part.counts.revenue:
            yield _("Revenue by part"), f"{part.label} {money.currency}", str(money.amount), "", ""
    for at, counts, _revenue in report.days:
        yield _("Conversions by day"), at.strftime("%Y-%m-%d %H:%M:%S"), str(counts.conversions), "", ""


def _rate(percent: float | None, *limits: float) -> str:
    return "" if percent is None else rate_number(percent, ENGLISH, *limits).replace(",", "")
