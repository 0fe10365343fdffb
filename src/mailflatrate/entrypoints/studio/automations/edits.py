"""Edits that the builder posts: each names what to do, and the step or place it is about."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from mailflatrate.apps.automations.actions import drafts
from mailflatrate.apps.automations.actions.editing import edit_graph, step_back, step_forward
from mailflatrate.apps.automations.models import Automation, AutomationVersion
from mailflatrate.apps.campaigns.actions import drafts as campaign_drafts
from mailflatrate.apps.campaigns.content.starting_content import starter
from mailflatrate.apps.campaigns.models import Campaign, ContentKind
from mailflatrate.apps.campaigns.queries import brand_style
from mailflatrate.apps.domains.queries import senders
from mailflatrate.entrypoints.studio.access import StudioRequest
from mailflatrate.entrypoints.studio.automations.panels import StepPanel, with_settings
from mailflatrate.entrypoints.studio.common import whole_number
from mailflatrate.locale.texts import known_language
from mailflatrate.rules.automations.editing import (
    StepGone,
    StepPlace,
    insert_step,
    move_step,
    new_step_id,
    remove_step,
    shift_step,
)
from mailflatrate.rules.automations.problems import GOAL
from mailflatrate.rules.automations.steps import STEP_KINDS, Send


@dataclass(frozen=True, slots=True)
class FlowEdit:
    """The version after an edit, the panel to open (empty: none), and what is announced."""

    version: AutomationVersion
    opened: str = ""
    said: str = ""


Edit = Callable[[StudioRequest, Automation], FlowEdit]


def _based_on(request: StudioRequest) -> int:
    return whole_number(request.POST.get("based_on"))


def _edit(
    request: StudioRequest, automation: Automation, change: Callable[[Mapping[str, Any]], Mapping[str, Any]]
) -> AutomationVersion:
    return edit_graph(automation.id, change, based_on=_based_on(request), by=request.user)


def insert(request: StudioRequest, automation: Automation) -> FlowEdit:
    """Insert a step of a kind at a place; a message begins as a draft of its own. Raises StepGone."""
    kind = STEP_KINDS.get(request.POST.get("kind", ""))
    if kind is None:
        raise StepGone(request.POST.get("kind", ""))
    place, key = StepPlace.read(request.POST.get("place", "")), new_step_id()
    step: dict[str, Any] = {"id": key, "do": kind.kind, **kind.begins_with}
    if kind is Send:
        step["campaign"] = _new_message(request, automation).id
    version = _edit(request, automation, lambda graph: insert_step(graph, place, step))
    return FlowEdit(version, key, _("Step added."))


def _new_message(request: StudioRequest, automation: Automation) -> Campaign:
    others = Campaign.objects.filter(automation_id=automation.id).order_by("-id")
    last, possible = others.first(), list(senders()[:2])
    sender = last.sender_id if last else possible[0].id if len(possible) == 1 else None
    language = last.language if last else known_language(request.account.language)
    values = {
        "sender_id": sender,
        "language": language,
        "time_zone": request.account.time_zone,
        "content_kind": ContentKind.BLOCKS,
        "content": starter(ContentKind.BLOCKS, language, brand_style()),
    }
    name = _("Message %(number)d") % {"number": others.count() + 1}
    return drafts.create_message(automation.id, name, by=request.user, values=values)


def move(request: StudioRequest, automation: Automation) -> FlowEdit:
    key, place = request.POST.get("key", ""), StepPlace.read(request.POST.get("place", ""))
    version = _edit(request, automation, lambda graph: move_step(graph, key, place))
    return FlowEdit(version, key, _("Step moved."))


def rise(request: StudioRequest, automation: Automation) -> FlowEdit:
    key = request.POST.get("key", "")
    version = _edit(request, automation, lambda graph: shift_step(graph, key, down=False))
    return FlowEdit(version, key, _("Step moved up."))


def sink(request: StudioRequest, automation: Automation) -> FlowEdit:
    key = request.POST.get("key", "")
    version = _edit(request, automation, lambda graph: shift_step(graph, key, down=True))
    return FlowEdit(version, key, _("Step moved down."))


def remove(request: StudioRequest, automation: Automation) -> FlowEdit:
    key = request.POST.get("key", "")

    def change(graph: Mapping[str, Any]) -> Mapping[str, Any]:
        return {**graph, "goal": None} if key == GOAL else remove_step(graph, key)

    version = _edit(request, automation, change)
    return FlowEdit(version, "", _("Goal removed.") if key == GOAL else _("Step removed. You can undo this."))


def undo(request: StudioRequest, automation: Automation) -> FlowEdit:
    return FlowEdit(step_back(automation.id, based_on=_based_on(request), by=request.user), "", _("Undone."))


def redo(request: StudioRequest, automation: Automation) -> FlowEdit:
    return FlowEdit(step_forward(automation.id, based_on=_based_on(request), by=request.user), "", _("Redone."))


EDITS: Mapping[str, Edit] = {
    "insert": insert,
    "move": move,
    "up": rise,
    "down": sink,
    "remove": remove,
    "undo": undo,
    "redo": redo,
}
"""What `do` may be, besides `change`, which saves a panel."""


def save_panel(request: StudioRequest, automation: Automation, panel: StepPanel) -> FlowEdit:
    """Save the valid settings of a panel; those of a message are the name of its campaign."""
    version = _edit(request, automation, lambda graph: with_settings(graph, panel))
    if panel.kind == "send" and panel.values["campaign_id"]:
        name = panel.values["form"].cleaned_data["name"]
        campaign_drafts.update_campaign(panel.values["campaign_id"], {"name": name}, by=request.user)
    return FlowEdit(version, request.POST.get("then") or panel.key, _("Saved."))
