"""Activating an automation: its problems, each message's checks, the policy, and approval by a colleague."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any
from urllib.parse import urlencode

from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from mailflatrate.apps.automations.actions import approval, release
from mailflatrate.apps.automations.actions.approval import AutomationApproval
from mailflatrate.apps.automations.checking import problems_of
from mailflatrate.apps.automations.errors import AutomationError
from mailflatrate.apps.automations.figures import under_way_by_automation
from mailflatrate.apps.automations.graphs import version_hash
from mailflatrate.apps.automations.models import Automation, AutomationVersion, VersionState
from mailflatrate.apps.automations.overlaps import overlaps_of
from mailflatrate.apps.automations.queries import versions_of
from mailflatrate.apps.campaigns.errors import CampaignError
from mailflatrate.apps.campaigns.models import CampaignState
from mailflatrate.entrypoints.client import circumstances
from mailflatrate.entrypoints.presenters.lookups import find_automation
from mailflatrate.entrypoints.presenters.review_wait import Reviewed, review_wait
from mailflatrate.entrypoints.studio.access import StudioRequest, studio
from mailflatrate.entrypoints.studio.automations.flow import Flow, flow_of
from mailflatrate.entrypoints.studio.automations.flow_words import problem_sentence
from mailflatrate.entrypoints.studio.automations.message_checks import checks_in, without_repetition
from mailflatrate.entrypoints.studio.common import page
from mailflatrate.entrypoints.ui.documents import policy_in_force
from mailflatrate.entrypoints.ui.posts import perform, refuse, see_other, succeed
from mailflatrate.rules.automations.step import GraphProblem
from mailflatrate.rules.roles import Permission, may

LONGEST_NOTE = 2000


@dataclass(frozen=True, slots=True)
class ApprovalState:
    """Approval by a second person. `others`: who could approve what this person requests."""

    asked: AutomationApproval | None
    may_give: bool
    is_asker: bool
    others: Sequence[Any]

    @property
    def is_open(self) -> bool:
        return self.asked is not None and not self.asked.is_stale


def _here(automation_id: int) -> str:
    return reverse("studio:automation_release", args=[automation_id])


def _problem(automation_id: int, problem: GraphProblem, flow: Flow) -> dict[str, Any]:
    row = flow.row(problem.step) if problem.step else None
    step = f"?{urlencode({'step': problem.step})}#side" if problem.step else ""
    url = reverse("studio:automation_flow", args=[automation_id]) + step
    return {
        "title": row.title if row is not None else _("The whole automation"),
        "text": problem_sentence(problem),
        "url": url,
    }


def _approval(request: StudioRequest, version: AutomationVersion) -> ApprovalState | None:
    """Return the approval state for the signed-in person; None if this person may release alone."""
    may_release = may(request.membership.role, Permission.RELEASE)
    if not request.account.four_eyes and may_release:
        return None
    asked = approval.approval_of(version)
    return ApprovalState(
        asked,
        asked is not None and may_release and approval.may_give(version, asked, request.user),
        asked is not None and asked.asked_by.id == request.user.id,
        approval.approvers_of(version, asked.asked_by if asked is not None else request.user),
    )


def _context(request: StudioRequest, automation: Automation, version: AutomationVersion) -> dict[str, Any]:
    problems = problems_of(version)
    flow = flow_of(version, automation.mailing_list.name, problems=problems)
    checked = [] if problems else checks_in(version)
    four_eyes = _approval(request, version)
    shared, own_checks = without_repetition(checked)
    passed = not problems and all(checks.panel is not None and checks.panel.askable for checks in checked)
    return {
        "automation": automation,
        "draft": version,
        "flow": flow,
        "problems": [_problem(automation.id, problem, flow) for problem in problems],
        "checked": own_checks,
        "shared": shared,
        "overlaps": overlaps_of(version),
        "shown_hash": version_hash(version),
        "passed": passed,
        "four_eyes": four_eyes,
        "may_activate": passed and (four_eyes is None or (four_eyes.may_give and four_eyes.is_open)),
        "policy": policy_in_force(request.LANGUAGE_CODE or "en"),
        "under_way": under_way_by_automation([automation.id])[automation.id],
        "needs_review": any(checks.needs_review for checks in checked),
        "wait": review_wait(Reviewed.CAMPAIGN),
    }


def _in_review(automation: Automation, version: AutomationVersion) -> dict[str, Any]:
    checked = checks_in(version)
    shared, own_checks = without_repetition(checked)
    return {
        "automation": automation,
        "draft": version,
        "flow": flow_of(version, automation.mailing_list.name),
        "checked": own_checks,
        "shared": shared,
        "in_review": any(checks.campaign.state == CampaignState.REVIEW for checks in checked),
        "wait": review_wait(Reviewed.CAMPAIGN),
    }


@studio(
    "GET|POST automations/<int:automation_id>/release/",
    "automation_release",
    Permission.RELEASE,
    logs="automation.released",
)
def activation(request: StudioRequest, automation_id: int) -> HttpResponse:
    """Show what a draft does and what its activation needs. A POST activates exactly what was shown."""
    automation = find_automation(automation_id)
    version = versions_of(automation_id).draft
    if version is None:
        return see_other(reverse("studio:automation", args=[automation_id]))
    if version.state == VersionState.RELEASING:
        return page(request, "studio/automations/in_review.html", _in_review(automation, version))
    if request.method != "POST":
        return _draft_page(request, automation, version)
    if request.POST.get("confirm") != "on":
        words = _("Select the box to confirm the policy. Then you can activate the automation.")
        return _draft_page(request, automation, version, error=words)
    return _activate(request, automation, version)


def _draft_page(
    request: StudioRequest, automation: Automation, version: AutomationVersion, *, error: str = ""
) -> HttpResponse:
    context = {**_context(request, automation, version), "error": error}
    return page(request, "studio/automations/release.html", context, status=422 if error else 200)


def _activate(request: StudioRequest, automation: Automation, version: AutomationVersion) -> HttpResponse:
    try:
        result = release.activate(
            automation.id,
            by=request.user,
            shown_hash=request.POST.get("shown_hash", ""),
            moves_people=request.POST.get("people") == "move",
            where=circumstances(request),
        )
    except (AutomationError, CampaignError) as problem:
        return _draft_page(request, automation, version, error=str(problem))
    if not result.released:
        return _draft_page(request, automation, version, error=_("Not activated yet. Some checks haven't passed."))
    if result.is_reviewed:
        return succeed(request, _("Sent to our team for review. It starts once it's approved."), _here(automation.id))
    return succeed(request, _("Activated."), reverse("studio:automation", args=[automation.id]))


@studio("POST automations/<int:automation_id>/release/ask/", "automation_ask", Permission.DRAFT, logs="release.asked")
def ask(request: StudioRequest, automation_id: int) -> HttpResponse:
    find_automation(automation_id)
    try:
        told = approval.request_approval(
            automation_id,
            by=request.user,
            shown_hash=request.POST.get("shown_hash", ""),
            note=request.POST.get("note", "")[:LONGEST_NOTE],
        )
    except (AutomationError, CampaignError) as problem:
        return refuse(request, str(problem), _here(automation_id))
    names = ", ".join(str(user) for user in told)
    words = _("We've emailed %(names)s a link to review and activate it.") % {"names": names}
    return succeed(request, words, _here(automation_id))


@studio(
    "POST automations/<int:automation_id>/release/return/",
    "automation_return",
    Permission.DRAFT,
    logs="release.sent_back",
)
def send_back(request: StudioRequest, automation_id: int) -> HttpResponse:
    """Return an automation with a note on what to change. Requesters withdraw their own request this way."""
    find_automation(automation_id)
    text = request.POST.get("text", "")[:LONGEST_NOTE]
    return perform(
        request,
        partial(approval.send_back, automation_id, by=request.user, text=text),
        _("Approval is no longer requested."),
        _here(automation_id),
        refused=AutomationError,
    )


@studio(
    "POST automations/<int:automation_id>/release/take-back/",
    "automation_take_back",
    Permission.RELEASE,
    logs="automation.withdrawn",
)
def take_back(request: StudioRequest, automation_id: int) -> HttpResponse:
    find_automation(automation_id)
    return perform(
        request,
        partial(release.take_back, automation_id),
        _("It's a draft again. Edit it, or activate it later."),
        _here(automation_id),
        refused=AutomationError,
        back=reverse("studio:automation", args=[automation_id]),
    )
