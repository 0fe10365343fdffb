"""Campaigns that wait for a reviewer: the queue, one as its readers will see it, and the decision (R-06, R-07)."""

from dataclasses import replace
from typing import Any

from django.http import Http404, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from mailflatrate.apps.automations.models import Automation
from mailflatrate.apps.campaigns.content.campaign_content import content_hash
from mailflatrate.apps.campaigns.errors import CampaignError
from mailflatrate.apps.campaigns.models import Campaign, CampaignReview, CampaignState
from mailflatrate.apps.campaigns.queries import audience_lists, campaigns_to_review, newest_imprint
from mailflatrate.apps.campaigns.recipients import count_recipients
from mailflatrate.apps.campaigns.variants import all_variants, variant_count
from mailflatrate.apps.gate.actions import check_campaign
from mailflatrate.apps.gate.campaigns import promised_recipients
from mailflatrate.apps.gate.draft_review import waits_as_draft
from mailflatrate.apps.gate.reviews import review_campaign
from mailflatrate.apps.intake.origin_review import left_another
from mailflatrate.base import tenancy
from mailflatrate.entrypoints.desk.access import DeskRequest, desk
from mailflatrate.entrypoints.desk.common import PAGE_ROWS, REFUSED, history, owners, page, tone_of
from mailflatrate.entrypoints.presenters.campaign_figures import live_of
from mailflatrate.entrypoints.presenters.language import reading_language, text_name
from mailflatrate.entrypoints.presenters.link_visits import visits_context
from mailflatrate.entrypoints.presenters.outcomes import reasons
from mailflatrate.entrypoints.presenters.preview import PreviewedMessage, render_preview
from mailflatrate.entrypoints.presenters.writing_help import suggested_in
from mailflatrate.entrypoints.studio.campaigns.excluded import exclusions_of
from mailflatrate.entrypoints.studio.campaigns.versions import differences
from mailflatrate.entrypoints.studio.common import whole_number
from mailflatrate.entrypoints.studio.content.message_frame import shown_here
from mailflatrate.entrypoints.ui.content_policy import allow
from mailflatrate.entrypoints.ui.posts import succeed
from mailflatrate.rules.gate.judge import explain
from mailflatrate.rules.verdict import Severity

SHOWN_EARLIER = 5


def _find(campaign_id: int) -> Campaign:
    reviewed_campaign = (
        Campaign.objects.select_related("account", "sender__domain", "released_by").filter(id=campaign_id).first()
    )
    if reviewed_campaign is None or (
        reviewed_campaign.state == CampaignState.DRAFT and not waits_as_draft(reviewed_campaign)
    ):
        raise Http404
    return reviewed_campaign


@desk("GET campaigns/", "campaigns")
def campaigns(request: DeskRequest) -> HttpResponse:
    waiting = campaigns_to_review().select_related("account")
    rows, automations = [], set[int]()
    for campaign in waiting.order_by("review_asked_at", "id")[:PAGE_ROWS]:
        if campaign.automation_id in automations:
            continue  # its messages are decided together
        automation = None
        with tenancy.account(campaign.account_id):
            people = count_recipients(campaign).recipients
            if campaign.automation_id is not None:
                automations.add(campaign.automation_id)
                automation = Automation.objects.filter(id=campaign.automation_id).first()
        rows.append((campaign, people, automation))
    return page(request, "campaigns", {"rows": rows})


def shown_message(message: PreviewedMessage) -> PreviewedMessage:
    """Load the customer's own pictures from this host; others are not loaded, so no other host learns of it."""
    return replace(message, html=shown_here(message.html))


def _context(request: DeskRequest, campaign: Campaign) -> dict[str, Any]:
    allow(request, inline_styles=True)  # the message's frame is part of the page
    language, early = reading_language(), waits_as_draft(campaign)
    with tenancy.account(campaign.account_id):
        verdict = check_campaign(campaign.id)
        lists = audience_lists(campaign)
        counted, judged = promised_recipients(campaign), count_recipients(campaign).recipients
        before = Campaign.objects.filter(started_at__isnull=False).exclude(id=campaign.id).order_by("-started_at")
        earlier = [(previous, live_of(previous)) for previous in before[:SHOWN_EARLIER]]
        excluded_names = exclusions_of(campaign).names
        fingerprint = content_hash(campaign, newest_imprint())
        reviewed = CampaignReview.objects.filter(campaign=campaign, seen__isnull=False).order_by("-id").first()
        changes = differences(campaign, reviewed.seen or {}) if reviewed is not None else []
        previews = [
            (
                _("What recipients see") + (f": {text_name(campaign, number)}" if variant_count(campaign) > 1 else ""),
                shown_message(render_preview(text, campaign.account, None, bare=False)),
            )
            for number, text in enumerate(all_variants(campaign))
        ]
        visits = visits_context(campaign.id)
        suggested = suggested_in(campaign)
        strays = left_another(campaign.account_id, campaign.list_ids)
    return {
        **visits,
        "suggested": suggested,
        "previews": previews,
        "campaign": campaign,
        "customer": campaign.account,
        "tone": tone_of(campaign.account),
        "owners": owners(campaign.account_id),
        "people": counted.recipients,
        "shown_people": judged,
        "left_out": counted.excluded,
        "skipped": reasons(counted.skipped),
        "left_another": strays,
        "excluded_names": excluded_names,
        "lists": lists,
        "earlier": earlier,
        "shown_hash": fingerprint,
        "why": [explain(failure, language) for failure in verdict.failures if failure.severity is Severity.REVIEW],
        "warnings": [
            explain(failure, language) for failure in verdict.failures if failure.severity is not Severity.REVIEW
        ],
        "history": history(campaign.account_id)[:12],
        "waits": early or campaign.state == CampaignState.REVIEW,
        "early": early,
        "reviewed": reviewed,
        "differences": changes,
    }


@desk("GET campaigns/<int:campaign_id>/", "campaign")
def campaign(request: DeskRequest, campaign_id: int) -> HttpResponse:
    return page(request, "campaign", _context(request, _find(campaign_id)))


@desk("POST campaigns/<int:campaign_id>/review/", "campaign-review")
def review(request: DeskRequest, campaign_id: int) -> HttpResponse:
    campaign = _find(campaign_id)
    try:
        review_campaign(
            campaign.account_id,
            campaign.id,
            approved=request.POST.get("word") == "go",
            by=request.user,
            shown_hash=request.POST.get("shown_hash", ""),
            text=request.POST.get("text", "")[:8000],
            note=request.POST.get("note", "")[:8000],
            shown_people=whole_number(request.POST.get("shown_people")),
        )
    except CampaignError as problem:
        context = {**_context(request, _find(campaign_id)), "problem": str(problem)}
        return page(request, "campaign", context, status=REFUSED)
    return succeed(request, _("Done. The customer has been notified."), reverse("desk:campaigns"))
