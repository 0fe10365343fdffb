"""The builder of an automation: its flow, the side panel of one step, and edits of the draft."""

import json
from collections.abc import Iterator, Sequence
from typing import Any

from django.db import transaction
from django.http import Http404, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from mailflatrate.apps.automations.actions import drafts
from mailflatrate.apps.automations.actions.approval import messages_in
from mailflatrate.apps.automations.actions.editing import sides_of
from mailflatrate.apps.automations.checking import problems_of
from mailflatrate.apps.automations.errors import AutomationChanged, AutomationError
from mailflatrate.apps.automations.models import Automation, AutomationState, AutomationVersion, VersionState
from mailflatrate.apps.automations.queries import newest_version
from mailflatrate.apps.campaigns.models import Campaign
from mailflatrate.entrypoints.presenters.lookups import find_automation
from mailflatrate.entrypoints.studio.access import StudioRequest, is_htmx, page_context, studio
from mailflatrate.entrypoints.studio.automations.edits import EDITS, FlowEdit, save_panel
from mailflatrate.entrypoints.studio.automations.flow import Flow, FlowRow, flow_of
from mailflatrate.entrypoints.studio.automations.message_checks import checks_in
from mailflatrate.entrypoints.studio.automations.panels import PanelRequest, StepPanel, panel_of
from mailflatrate.entrypoints.studio.automations.step_forms import MessageForm
from mailflatrate.entrypoints.studio.campaigns.preview import PreviewState, preview_of
from mailflatrate.entrypoints.studio.common import page
from mailflatrate.entrypoints.ui.content_policy import ANY_HOST, allow
from mailflatrate.entrypoints.ui.pages import NOTHING
from mailflatrate.entrypoints.ui.posts import refuse, see_other, succeed
from mailflatrate.rules.automations.editing import TOP, StepGone
from mailflatrate.rules.automations.json_object import GraphRefused
from mailflatrate.rules.automations.steps import STEP_KINDS
from mailflatrate.rules.campaigns.campaign_states import EDITABLE
from mailflatrate.rules.roles import Permission


def places_for(flow: Flow, key: str) -> list[tuple[str, str]]:
    """Return each place with its words, without those inside the step itself and where it already is."""
    return list(_in_list(TOP, _("At the beginning"), flow.rows, key))


def _in_list(address: str, first: str, rows: Sequence[FlowRow], key: str) -> Iterator[tuple[str, str]]:
    if not rows or rows[0].key != key:
        yield f"{address}:0", first
    for number, row in enumerate(rows):
        follows = number + 1 < len(rows) and rows[number + 1].key == key
        if row.key == key:
            continue
        if not follows:
            yield f"{address}:{number + 1}", _("After: %(step)s") % {"step": row.title}
        for arm in row.arms:
            words = _("At the start of “%(arm)s”: %(step)s") % {"arm": arm.label, "step": row.title}
            yield from _in_list(arm.address, words, arm.rows, key)


MOST_ASKED = 12
"""Messages of a flow that the gate is asked about while it is edited; the page that activates it asks about all."""
NO_STEP = "-"
"""Asks for the panel that shows while no step is open."""


class _Shown:
    def __init__(self, request: StudioRequest, automation: Automation, version: AutomationVersion) -> None:
        self.request, self.automation, self.version = request, automation, version
        self.is_draft = version.state == VersionState.DRAFT
        self.editable = self.is_draft and bool(page_context(request)["may_write"])
        problems = problems_of(version) if self.is_draft else []
        self.flow: Flow = flow_of(version, automation.mailing_list.name, problems=problems)

    def panel(self, key: str, *, is_redraw: bool = False, is_saved: bool = False) -> StepPanel:
        """Return the panel of a step; with the posted values unless they were saved. Raises StepGone."""
        posted = self.request.POST if self.request.method == "POST" and not is_saved else None
        asked = PanelRequest(self.version, self.automation.mailing_list_id, posted, is_redraw)
        step_panel = panel_of(asked, key, self.flow)
        if step_panel.kind == "send":
            self._with_message(step_panel)
        return step_panel

    def _with_message(self, panel: StepPanel) -> None:
        message = Campaign.objects.filter(id=panel.values["campaign_id"] or 0, automation_id=self.automation.id).first()
        panel.values["message"] = message
        panel.values.setdefault("form", MessageForm(initial={"name": message.name if message else ""}))
        if message is not None:
            panel.values["is_open"] = message.state in EDITABLE
            panel.values["preview"] = preview_of(self.request, message, PreviewState(width="phone")).message

    def _incomplete(self) -> int | None:
        """Return how many messages of a flow without problems fail the gate; None if they're too many to ask here."""
        if not self.is_draft or self.flow.problem_count:
            return 0
        if len(messages_in(self.version)) > MOST_ASKED:
            return None
        return sum(checks.panel is None or not checks.panel.askable for checks in checks_in(self.version))

    def context(self, panel: StepPanel) -> dict[str, Any]:
        sides = sides_of(self.version.id) if self.editable else frozenset()
        return {
            "automation": self.automation,
            "version": self.version,
            "flow": self.flow,
            "editable": self.editable,
            "is_draft": self.is_draft,
            "is_ended": self.automation.state == AutomationState.ENDED,
            "state_tone": AutomationState(self.automation.state).tone,
            "next_number": self.version.number + 1,
            "can_undo": "undo" in sides,
            "can_redo": "redo" in sides,
            "selected": panel.key,
            "panel": panel,
            "places": places_for(self.flow, panel.key) if self.editable and panel.is_step else [],
            "incomplete": self._incomplete(),
            "kinds": [(step.kind, step.icon, _(step.label)) for step in STEP_KINDS.values()],
        }


def _shown(request: StudioRequest, automation_id: int) -> _Shown:
    automation = find_automation(automation_id)
    version = newest_version(automation_id)
    version.automation = automation
    allow(request, inline_styles=True, images_from=(ANY_HOST,))  # the preview of a message is part of the page
    return _Shown(request, automation, version)


@studio("GET automations/<int:automation_id>/flow/", "automation_flow", Permission.DRAFT)
def flow(request: StudioRequest, automation_id: int) -> HttpResponse:
    draft_view = _shown(request, automation_id)
    try:
        panel = draft_view.panel(request.GET.get("step", ""))
    except StepGone:
        panel = draft_view.panel("")
    return page(request, "studio/automations/flow.html", draft_view.context(panel))


@studio(
    "GET|POST automations/<int:automation_id>/flow/side/<str:key>/", "automation_side", Permission.DRAFT, logs=NOTHING
)
def side(request: StudioRequest, automation_id: int, key: str) -> HttpResponse:
    """Return the panel of a step. A POST draws it again with the posted values, and saves nothing."""
    draft_view = _shown(request, automation_id)
    try:
        panel = draft_view.panel("" if key == NO_STEP else key, is_redraw=True)
    except StepGone:
        raise Http404 from None
    if not is_htmx(request):
        if request.method != "POST":
            return see_other(f"{reverse('studio:automation_flow', args=[automation_id])}?step={key}")
        return page(request, "studio/automations/flow.html", draft_view.context(panel))
    if request.GET.get("only") == "conditions" and "builder" in panel.values:
        context = draft_view.context(panel) | {"builder": panel.values["builder"]}
        return page(request, "studio/automations/conditions.html", context)
    return page(request, "studio/automations/side.html", draft_view.context(panel))


@studio(
    "POST automations/<int:automation_id>/flow/edit/", "automation_edit", Permission.DRAFT, logs="automation.edited"
)
def edit(request: StudioRequest, automation_id: int) -> HttpResponse:
    """Change the draft, and return the flow with the panel to open. What can't be done is told, and nothing is lost."""
    automation = find_automation(automation_id)
    order = request.POST.get("do", "")
    if order == "begin":
        return _begin(request, automation_id)
    if order != "change" and order not in EDITS:
        raise Http404
    try:
        with transaction.atomic():
            if order in EDITS:
                return _done(request, automation_id, EDITS[order](request, automation))
            draft_view = _shown(request, automation_id)
            panel = draft_view.panel(request.POST.get("key", ""))
            if panel.parameters is None:
                return _refused(request, draft_view, panel)
            return _done(request, automation_id, save_panel(request, automation, panel))
    except StepGone:
        return _not_done(request, automation_id, _("This step is no longer there. Someone may have removed it."))
    except AutomationChanged:
        message = _("Someone else changed this automation. Here is the newest version; repeat your last change.")
        return _not_done(request, automation_id, message)
    except AutomationError as error:
        return _not_done(request, automation_id, str(error))
    except GraphRefused as error:
        return _not_done(request, automation_id, _(error.message).format(**error.params))


def _begin(request: StudioRequest, automation_id: int) -> HttpResponse:
    here = reverse("studio:automation_flow", args=[automation_id])
    try:
        version = drafts.begin_version(automation_id, by=request.user)
    except AutomationError as error:
        return refuse(request, str(error), here)
    message = _("This is the draft of version %(number)d. The released version runs on until you activate this one.")
    return succeed(request, message % {"number": version.number}, here)


def _done(request: StudioRequest, automation_id: int, result: FlowEdit) -> HttpResponse:
    here = reverse("studio:automation_flow", args=[automation_id])
    if not is_htmx(request):
        return succeed(request, result.said, f"{here}?step={result.opened}" if result.opened else here)
    draft_view = _shown(request, automation_id)
    try:
        panel = draft_view.panel(result.opened, is_saved=True)
    except StepGone:
        panel = draft_view.panel("", is_saved=True)
    context = draft_view.context(panel) | {"said": result.said}
    return page(request, "studio/automations/edited.html", context)


def _refused(request: StudioRequest, draft_view: _Shown, panel: StepPanel) -> HttpResponse:
    if not is_htmx(request):
        return page(request, "studio/automations/flow.html", draft_view.context(panel), status=422)
    answer = page(request, "studio/automations/side.html", draft_view.context(panel), status=422)
    answer.headers["HX-Retarget"], answer.headers["HX-Reswap"] = "#side", "outerHTML"
    return answer


def _not_done(request: StudioRequest, automation_id: int, why: str) -> HttpResponse:
    if not is_htmx(request):
        return refuse(request, why, reverse("studio:automation_flow", args=[automation_id]))
    draft_view = _shown(request, automation_id)
    context = draft_view.context(StepPanel("", "", "")) | {"why": why, "selected": request.POST.get("key", "")}
    answer = page(request, "studio/automations/edited.html", context)
    answer.headers["HX-Trigger"] = json.dumps({"flow-refused": ""})
    return answer
