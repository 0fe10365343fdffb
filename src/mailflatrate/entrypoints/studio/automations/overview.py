"""A released automation: its state, the figures of each step, its versions; pausing, resuming and ending it."""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from mailflatrate.apps.automations.actions import running
from mailflatrate.apps.automations.engine.moves import MOVED
from mailflatrate.apps.automations.errors import AutomationError
from mailflatrate.apps.automations.figures import VersionFigures, under_way_by_version, version_figures
from mailflatrate.apps.automations.models import Automation, AutomationState, AutomationVersion, VersionState
from mailflatrate.apps.automations.models.people import LEAVING_LABELS
from mailflatrate.apps.automations.queries import released_versions, versions_of
from mailflatrate.apps.campaigns.models import Campaign, CampaignState
from mailflatrate.entrypoints.presenters.lookups import find_automation
from mailflatrate.entrypoints.studio.access import StudioRequest, studio
from mailflatrate.entrypoints.studio.automations.flow import flow_of
from mailflatrate.entrypoints.studio.common import page, whole_number
from mailflatrate.entrypoints.ui.posts import perform, see_other
from mailflatrate.rules.roles import Permission


def leaving_label(why: str) -> str:
    if why == MOVED:
        return pgettext("automation", "Continued in a newer version")
    return next((str(label) for reason, label in LEAVING_LABELS.items() if reason == why), why)


def leaving_counts(left: Mapping[str, int]) -> list[dict[str, Any]]:
    rows = sorted(left.items(), key=lambda row: (-row[1], row[0]))
    return [{"label": leaving_label(why), "count": count} for why, count in rows if count]


def chosen_version(versions: Sequence[AutomationVersion], number: int) -> AutomationVersion | None:
    """Return the version with a number; the newest released one for any other number, None if there is none."""
    return next((version for version in versions if version.number == number), versions[0] if versions else None)


@studio("GET automations/<int:automation_id>/", "automation", Permission.RELEASE)
def overview(request: StudioRequest, automation_id: int) -> HttpResponse:
    automation = find_automation(automation_id)
    versions = released_versions(automation_id)
    selected_version = chosen_version(versions, whole_number(request.GET.get("version")))
    draft = versions_of(automation_id).draft
    is_in_review = draft is not None and draft.state == VersionState.RELEASING
    draft_url = reverse(f"studio:{'automation_release' if is_in_review else 'automation_flow'}", args=[automation_id])
    if selected_version is None:
        return see_other(draft_url)
    context = {**_context(automation, versions, selected_version), "draft": draft, "draft_url": draft_url}
    return page(request, "studio/automations/overview.html", context)


def _context(
    automation: Automation, versions: Sequence[AutomationVersion], selected_version: AutomationVersion
) -> dict[str, Any]:
    figures = version_figures(selected_version.id)
    people = under_way_by_version([version.id for version in versions])
    return {
        "automation": automation,
        "tone": AutomationState(automation.state).tone,
        "shown": selected_version,
        "figures": figures,
        "left_count": sum(figures.left.values()),
        "left": leaving_counts(figures.left),
        "finished_percent": _percent(figures),
        "flow": flow_of(selected_version, automation.mailing_list.name, figures=figures),
        "versions": [
            {"version": version, "under_way": max(0, people[version.id]), "tone": VersionState(version.state).tone}
            for version in versions
        ],
        "under_way": sum(max(0, number) for number in people.values()),
        "stopped": _stopped(automation),
        "is_live": automation.state == AutomationState.ACTIVE,
        "may_end": automation.state in (AutomationState.ACTIVE, AutomationState.PAUSED),
        "next_number": versions[0].number + 1,
    }


def _percent(figures: VersionFigures) -> float | None:
    return 100 * figures.finished / figures.entered if figures.entered else None


def _stopped(automation: Automation) -> list[Campaign]:
    if automation.state != AutomationState.ACTIVE:
        return []
    rows = Campaign.objects.filter(automation_id=automation.id, state=CampaignState.PAUSED)
    return list(rows.order_by("id"))


@studio("POST automations/<int:automation_id>/pause/", "automation_pause", Permission.RELEASE, logs="automation.paused")
def pause(request: StudioRequest, automation_id: int) -> HttpResponse:
    """Pause an automation: no one enters or moves on, and nothing is sent."""
    find_automation(automation_id)
    return _run(
        request,
        automation_id,
        partial(running.pause_automation, automation_id, by=request.user),
        _("Paused. No one enters or moves on, and nothing is sent until you resume it."),
    )


@studio(
    "POST automations/<int:automation_id>/resume/", "automation_resume", Permission.RELEASE, logs="automation.resumed"
)
def resume(request: StudioRequest, automation_id: int) -> HttpResponse:
    find_automation(automation_id)
    return _run(
        request,
        automation_id,
        partial(running.resume_automation, automation_id, by=request.user),
        _("Running again."),
    )


@studio("POST automations/<int:automation_id>/end/", "automation_end", Permission.RELEASE, logs="automation.ended")
def end(request: StudioRequest, automation_id: int) -> HttpResponse:
    find_automation(automation_id)
    return _run(
        request,
        automation_id,
        partial(running.end_automation, automation_id, by=request.user),
        _("Ended. Everyone has left it, and unsent messages were canceled."),
    )


def _run(request: StudioRequest, automation_id: int, action: Any, done: str) -> HttpResponse:
    here = reverse("studio:automation", args=[automation_id])
    return perform(request, action, done, here, refused=AutomationError)
