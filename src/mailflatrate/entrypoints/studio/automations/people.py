"""People at a step of an automation, and one person's way through it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from mailflatrate.apps.automations.engine.sending import AGAIN, CANCELED, LATE, SAME
from mailflatrate.apps.automations.engine.steps import GOAL
from mailflatrate.apps.automations.figures import StepFigures, version_figures
from mailflatrate.apps.automations.models import Automation, AutomationVersion, Enrolment, EnrolmentState
from mailflatrate.apps.automations.queries import (
    PassedStep,
    PeopleCursor,
    PersonPath,
    paths_of,
    people_at,
    released_versions,
)
from mailflatrate.apps.delivery.models import DeliveryRecord
from mailflatrate.apps.lists.models import Contact
from mailflatrate.apps.lists.queries import contact_by_address
from mailflatrate.entrypoints.presenters.lookups import find_automation, find_contact
from mailflatrate.entrypoints.presenters.outcomes import OutcomeLine, line_of
from mailflatrate.entrypoints.studio.access import StudioRequest, studio
from mailflatrate.entrypoints.studio.automations.flow import Flow, FlowRow, flow_of
from mailflatrate.entrypoints.studio.automations.overview import chosen_version, leaving_counts, leaving_label
from mailflatrate.entrypoints.studio.common import page, whole_number
from mailflatrate.rules.automations.steps import Send
from mailflatrate.rules.roles import Permission

MAX_ADDRESS_CHARACTERS = 254
RESULTS: Mapping[str, Any] = {
    GOAL: gettext_lazy("skipped, because the goal was reached"),
    CANCELED: gettext_lazy("skipped, because the message was canceled"),
    LATE: gettext_lazy("skipped, because it was more than a day late"),
    AGAIN: gettext_lazy("skipped, because they got it in an earlier version"),
    SAME: gettext_lazy("skipped, because another automation sends them the same message"),
    "field": gettext_lazy("skipped, because the value no longer fits the field"),
}


@dataclass(frozen=True, slots=True)
class WayPoint:
    """One line of a person's way. `detail` is the arm they took, or why the step did nothing."""

    at: datetime
    title: str
    detail: str = ""
    message: OutcomeLine | None = None
    url: str = ""
    is_ahead: bool = False


@studio("GET automations/<int:automation_id>/people/", "automation_people", Permission.VIEW)
def people(request: StudioRequest, automation_id: int) -> HttpResponse:
    automation = find_automation(automation_id)
    versions = released_versions(automation_id)
    version = chosen_version(versions, whole_number(request.GET.get("version")))
    address = _address(request)
    context: dict[str, Any] = {"automation": automation, "version": version, "versions": versions, "address": address}
    if address:
        return page(request, "studio/automations/person.html", {**context, **_person(automation, address)})
    if version is not None:
        context |= _at_step(automation, version, request.GET.get("step", ""), request.GET.get("after", ""))
    return page(request, "studio/automations/people.html", context)


def _address(request: StudioRequest) -> str:
    contact_id = whole_number(request.GET.get("contact"))
    if contact_id:
        return find_contact(contact_id).email
    return request.GET.get("address", "").replace("\0", "").strip()[:MAX_ADDRESS_CHARACTERS]


def _at_step(automation: Automation, version: AutomationVersion, key: str, after: str) -> dict[str, Any]:
    figures = version_figures(version.id)
    rows = _rows(flow_of(version, automation.mailing_list.name).rows)
    row = next((candidate for candidate in rows if candidate.key == key), rows[0] if rows else None)
    if row is None:
        return {"rows": rows}
    step = figures.steps.get(row.key, StepFigures())
    people_here = people_at(version.id, row.key, after=PeopleCursor.read(after))
    following = {"version": version.number, "step": row.key, "after": str(people_here.next)}
    message = None
    if row.kind == Send.kind:
        message = version.steps.filter(key=row.key).values_list("campaign_id", flat=True).first()
    return {
        "rows": [(flow_row, figures.steps.get(flow_row.key, StepFigures()).waiting) for flow_row in rows],
        "row": row,
        "figures": step,
        "left": leaving_counts(step.left),
        "found": people_here,
        "later": bool(after),
        "next_url": f"?{urlencode(following)}" if people_here.next is not None else "",
        "message_url": reverse("studio:campaign", args=[message]) if message else "",
    }


def _rows(rows: Sequence[FlowRow]) -> list[FlowRow]:
    flat_rows: list[FlowRow] = []
    for row in rows:
        flat_rows.append(row)
        for arm in row.arms:
            flat_rows += _rows(arm.rows)
    return flat_rows


def _person(automation: Automation, address: str) -> dict[str, Any]:
    contact_id = contact_by_address(address)
    if contact_id is None:
        return {"contact": None, "ways": []}
    paths = paths_of(contact_id, automation_id=automation.id)
    messages = _messages([path.enrolment.id for path in paths])
    flows: dict[int, Flow] = {}
    for path in paths:
        version = path.enrolment.version
        if version.id not in flows:
            flows[version.id] = flow_of(version, automation.mailing_list.name)
    ways = [_way(path, flows[path.enrolment.version_id], messages) for path in paths]
    return {"contact": Contact.objects.get(id=contact_id), "ways": ways}


def _messages(enrolment_ids: Sequence[int]) -> dict[tuple[int, int], OutcomeLine]:
    rows = DeliveryRecord.objects.filter(enrolment_id__in=enrolment_ids, campaign_id__isnull=False)
    return {
        (row.enrolment_id, row.campaign_id): line_of(row)
        for row in rows.select_related("campaign")
        if row.enrolment_id is not None and row.campaign_id is not None
    }


def _way(path: PersonPath, flow: Flow, messages: Mapping[tuple[int, int], OutcomeLine]) -> dict[str, Any]:
    enrolment = path.enrolment
    points = [WayPoint(enrolment.entered_at, _("Entered"), flow.entry.title)]
    points += [_point(enrolment, step, flow, messages) for step in path.steps]
    here = flow.row(enrolment.step)
    title = here.title if here is not None else enrolment.step
    if enrolment.state == EnrolmentState.ACTIVE:
        points.append(WayPoint(enrolment.due_at, title, _("here now, due at this time"), is_ahead=True))
    elif enrolment.ended_at is not None and enrolment.state == EnrolmentState.LEFT:
        points.append(WayPoint(enrolment.ended_at, _("Left: %(why)s") % {"why": leaving_label(enrolment.why)}, title))
    elif enrolment.ended_at is not None:
        points.append(WayPoint(enrolment.ended_at, _("Finished")))
    return {"enrolment": enrolment, "points": points}


def _point(
    enrolment: Enrolment, step: PassedStep, flow: Flow, messages: Mapping[tuple[int, int], OutcomeLine]
) -> WayPoint:
    row = flow.row(step.key)
    if row is None:  # passed in an earlier version
        return WayPoint(step.at, _("A step of an earlier version"))
    if step.result:
        return WayPoint(step.at, row.title, str(RESULTS.get(step.result, step.result)))
    arm = row.arms[step.target].label if row.arms and 0 <= step.target < len(row.arms) else ""
    message = messages.get((enrolment.id, step.campaign_id)) if step.campaign_id else None
    url = reverse("studio:campaign", args=[step.campaign_id]) if step.campaign_id else ""
    return WayPoint(step.at, row.title, arm, message, url)
