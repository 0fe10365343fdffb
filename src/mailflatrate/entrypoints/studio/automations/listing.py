"""The list of automations, and renaming, copying and deleting them."""

from dataclasses import dataclass
from functools import partial
from typing import Any

from django.db.models import Count
from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from mailflatrate.apps.automations import queries
from mailflatrate.apps.automations.actions import drafts
from mailflatrate.apps.automations.errors import AutomationError
from mailflatrate.apps.automations.figures import entered_by_automation, under_way_by_automation
from mailflatrate.apps.automations.models import Automation, AutomationState
from mailflatrate.entrypoints.presenters.lookups import find_automation
from mailflatrate.entrypoints.studio.access import StudioRequest, studio
from mailflatrate.entrypoints.studio.common import page, whole_number
from mailflatrate.entrypoints.ui.menu import AUTOMATIONS, Tab
from mailflatrate.entrypoints.ui.posts import perform, refuse, succeed
from mailflatrate.rules.roles import Permission

PAGE_ROWS = 25


@dataclass(frozen=True, slots=True)
class AutomationRow:
    automation: Automation
    tone: str
    under_way: int
    entered: int

    @property
    def is_draft(self) -> bool:
        return self.automation.state == AutomationState.DRAFT


def _filters() -> list[dict[str, Any]]:
    counts = dict(Automation.objects.order_by().values_list("state").annotate(number=Count("id")))
    filters = [{"value": "", "label": _("All"), "count": sum(counts.values())}]
    return filters + [
        {"value": state.value, "label": str(state.label), "count": counts[state.value]}
        for state in AutomationState
        if counts.get(state.value)
    ]


@studio(
    "GET automations/",
    "automations",
    Permission.DRAFT,
    tab=Tab(AUTOMATIONS, keywords=gettext_lazy("welcome series, autoresponder, drip, journey, workflow, birthday")),
)
def automations(request: StudioRequest) -> HttpResponse:
    state = request.GET.get("state", "")
    state = state if state in tuple(AutomationState) else ""
    selection = queries.automations(state=state)
    before = whole_number(request.GET.get("before"))
    if before:
        selection = selection.filter(id__lt=before)
    page_rows = list(selection[: PAGE_ROWS + 1])
    ids = [row.id for row in page_rows[:PAGE_ROWS]]
    under_way, entered = under_way_by_automation(ids), entered_by_automation(ids)
    rows = [
        AutomationRow(row, AutomationState(row.state).tone, under_way[row.id], entered[row.id])
        for row in page_rows[:PAGE_ROWS]
    ]
    context = {
        "rows": rows,
        "next_id": ids[-1] if len(page_rows) > PAGE_ROWS else 0,
        "is_first_page": not before,
        "state": state,
        "filters": _filters(),
    }
    return page(request, "studio/automations/list.html", context)


@studio("POST automations/<int:automation_id>/rename/", "automation_rename", Permission.DRAFT, logs="automation.edited")
def rename(request: StudioRequest, automation_id: int) -> HttpResponse:
    find_automation(automation_id)
    back = reverse("studio:automation_flow", args=[automation_id])
    name = request.POST.get("name", "").replace("\0", "")
    return perform(
        request, partial(drafts.rename_automation, automation_id, name), _("Saved."), back, refused=AutomationError
    )


@studio("POST automations/<int:automation_id>/copy/", "automation_copy", Permission.DRAFT, logs="automation.created")
def copy(request: StudioRequest, automation_id: int) -> HttpResponse:
    find_automation(automation_id)
    try:
        made = drafts.copy_automation(automation_id, by=request.user)
    except AutomationError as error:
        return refuse(request, str(error), reverse("studio:automations"))
    message = _("This is your copy. Its messages are copies, too, and nothing has been released.")
    return succeed(request, message, reverse("studio:automation_flow", args=[made.id]))


@studio(
    "POST automations/<int:automation_id>/delete/", "automation_delete", Permission.DRAFT, logs="automation.deleted"
)
def delete(request: StudioRequest, automation_id: int) -> HttpResponse:
    automation = find_automation(automation_id)
    return perform(
        request,
        partial(drafts.delete_automation, automation_id),
        _("“%(name)s” has been deleted.") % {"name": automation.name},
        reverse("studio:automations"),
        refused=AutomationError,
    )


@studio(
    "POST automations/<int:automation_id>/discard/", "automation_discard", Permission.DRAFT, logs="automation.edited"
)
def discard(request: StudioRequest, automation_id: int) -> HttpResponse:
    find_automation(automation_id)
    return perform(
        request,
        partial(drafts.discard_version, automation_id),
        _("The draft has been discarded. The released version stays as it is."),
        reverse("studio:automation_flow", args=[automation_id]),
        refused=AutomationError,
    )
