"""An automation that waits for a reviewer: its whole flow, each of its messages, and one decision for all (R-06)."""

from dataclasses import dataclass, replace
from typing import Any

from django.http import Http404, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from mailflatrate.apps.automations.actions.review import review_automation, waiting_messages
from mailflatrate.apps.automations.models import Automation, AutomationVersion, VersionState
from mailflatrate.apps.automations.overlaps import overlaps_of
from mailflatrate.apps.automations.queries import newest_version
from mailflatrate.apps.campaigns.content.campaign_content import content_hash
from mailflatrate.apps.campaigns.errors import CampaignError
from mailflatrate.apps.campaigns.models import Campaign
from mailflatrate.apps.campaigns.queries import newest_imprint
from mailflatrate.apps.campaigns.recipients import count_recipients
from mailflatrate.apps.gate.actions import check_campaign
from mailflatrate.base import tenancy
from mailflatrate.entrypoints.desk.access import DeskRequest, desk
from mailflatrate.entrypoints.desk.common import REFUSED, history, owners, page, tone_of
from mailflatrate.entrypoints.desk.reviews.campaign_review import shown_message
from mailflatrate.entrypoints.presenters.language import reading_language
from mailflatrate.entrypoints.presenters.preview import PreviewedMessage, render_preview
from mailflatrate.entrypoints.studio.automations.flow import flow_of
from mailflatrate.entrypoints.studio.common import whole_number
from mailflatrate.entrypoints.ui.content_policy import allow
from mailflatrate.entrypoints.ui.posts import succeed
from mailflatrate.rules.gate.judge import Explanation, explain
from mailflatrate.rules.verdict import Severity

HASH = "hash_"
"""Before the id of a campaign in the form: the hash of its content as shown."""
LONGEST_TEXT = 8000


@dataclass(frozen=True, slots=True)
class ReviewedMessage:
    campaign: Campaign
    preview: PreviewedMessage
    shown_hash: str
    why: list[Explanation]
    warnings: list[Explanation]


def _find(automation_id: int) -> tuple[Automation, AutomationVersion]:
    reviewed_automation = Automation.objects.select_related("account", "mailing_list").filter(id=automation_id).first()
    if reviewed_automation is None:
        raise Http404
    with tenancy.account(reviewed_automation.account_id):
        version = newest_version(automation_id)
        is_shown = version.state != VersionState.DRAFT or bool(waiting_messages(automation_id))
    if not is_shown:
        raise Http404
    return reviewed_automation, version


def _message(campaign: Campaign) -> ReviewedMessage:
    failures = check_campaign(campaign.id).failures
    language = reading_language()
    return ReviewedMessage(
        campaign,
        shown_message(render_preview(campaign, campaign.account, None, bare=False)),
        content_hash(campaign, newest_imprint()),
        [explain(failure, language) for failure in failures if failure.severity is Severity.REVIEW],
        [explain(failure, language) for failure in failures if failure.severity is not Severity.REVIEW],
    )


def _once(messages: list[ReviewedMessage]) -> tuple[list[ReviewedMessage], list[Explanation]]:
    if len(messages) < 2:
        return messages, []
    shared = [reason for reason in messages[0].why if all(reason in message.why for message in messages)]
    rest = [replace(preview, why=[reason for reason in preview.why if reason not in shared]) for preview in messages]
    return rest, shared


def _context(request: DeskRequest, automation: Automation, version: AutomationVersion) -> dict[str, Any]:
    allow(request, inline_styles=True)  # the frames of the messages are part of the page
    with tenancy.account(automation.account_id):
        waiting = waiting_messages(automation.id)
        reviewed, shared = _once([_message(campaign) for campaign in waiting])
        people = count_recipients(waiting[0]).recipients if waiting else 0
        flow = flow_of(version, automation.mailing_list.name)
        overlaps = overlaps_of(version)
    return {
        "automation": automation,
        "reviewed_version": version,
        "flow": flow,
        "reviewed": reviewed,
        "shared": shared,
        "overlaps": overlaps,
        "early": version.state == VersionState.DRAFT,
        "people": people,
        "customer": automation.account,
        "tone": tone_of(automation.account),
        "owners": owners(automation.account_id),
        "history": history(automation.account_id)[:12],
    }


@desk("GET automations/<int:automation_id>/", "automation", nav="campaigns")
def automation(request: DeskRequest, automation_id: int) -> HttpResponse:
    return page(request, "automation", _context(request, *_find(automation_id)))


@desk("POST automations/<int:automation_id>/review/", "automation-review")
def review(request: DeskRequest, automation_id: int) -> HttpResponse:
    reviewed_automation, version = _find(automation_id)
    hashes = {
        whole_number(name.removeprefix(HASH)): str(value)
        for name, value in request.POST.items()
        if name.startswith(HASH)
    }
    try:
        review_automation(
            reviewed_automation.account_id,
            reviewed_automation.id,
            approved=request.POST.get("word") == "go",
            by=request.user,
            content_hashes=hashes,
            text=request.POST.get("text", "")[:LONGEST_TEXT],
            note=request.POST.get("note", "")[:LONGEST_TEXT],
        )
    except CampaignError as problem:
        context = {**_context(request, reviewed_automation, version), "problem": str(problem)}
        return page(request, "automation", context, status=REFUSED)
    return succeed(request, _("Done. The customer has been notified."), reverse("desk:campaigns"))
