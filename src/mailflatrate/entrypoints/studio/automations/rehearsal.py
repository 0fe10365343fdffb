"""The rehearsal: what a contact, or an example person, would get and when. Nothing is sent."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.http import HttpResponse, QueryDict
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from mailflatrate.apps.automations.checking import problems_of
from mailflatrate.apps.automations.graphs import graph_of
from mailflatrate.apps.automations.models import Automation, AutomationVersion, VersionState
from mailflatrate.apps.automations.queries import versions_of
from mailflatrate.apps.automations.rehearsal import (
    EntryObstacle,
    ExamplePerson,
    RehearsalResult,
    rehearse_version,
)
from mailflatrate.apps.lists.fields import fields
from mailflatrate.apps.lists.models import Contact, ContactField
from mailflatrate.apps.lists.queries import contact_by_address
from mailflatrate.base import clock
from mailflatrate.entrypoints.presenters.lookups import find_automation
from mailflatrate.entrypoints.presenters.signup.form_inputs import FilledInput, fault_words
from mailflatrate.entrypoints.presenters.time_zones import TimeZoneField, zone_choices
from mailflatrate.entrypoints.studio.access import StudioRequest, studio
from mailflatrate.entrypoints.studio.audience.field_inputs import contact_input, posted_values
from mailflatrate.entrypoints.studio.automations.flow import Flow, FlowRow, flow_of
from mailflatrate.entrypoints.studio.automations.overview import leaving_label
from mailflatrate.entrypoints.studio.common import page, whole_number
from mailflatrate.rules.automations.graph import Graph
from mailflatrate.rules.automations.rehearsal import DelayReason, RehearsalEnd, RehearsedStep
from mailflatrate.rules.automations.steps import Branch, Send, Split, Wait, WaitKind
from mailflatrate.rules.fields.field_type import UnreadableValue
from mailflatrate.rules.fields.values import normalize_value
from mailflatrate.rules.roles import Permission

OBSTACLES: Mapping[EntryObstacle, Any] = {
    EntryObstacle.NOT_CONFIRMED: gettext_lazy("They have no confirmed subscription to the automation's list."),
    EntryObstacle.SUPPRESSED: gettext_lazy("Their address is suppressed."),
    EntryObstacle.OTHER_FORM: gettext_lazy("They signed up through another form."),
    EntryObstacle.UNDER_WAY: gettext_lazy("They are in this automation now."),
    EntryObstacle.NEVER_AGAIN: gettext_lazy("They've been in this automation before, and no one enters it twice."),
    EntryObstacle.NOT_YET_AGAIN: gettext_lazy(
        "They've been in this automation before, and it's too soon to enter again."
    ),
}
DELAYS: Mapping[DelayReason, Any] = {
    DelayReason.PAUSE: gettext_lazy("they asked for fewer emails"),
    DelayReason.PAUSED: gettext_lazy("they paused all campaigns"),
    DelayReason.PROMISE: gettext_lazy("the sign-up promised fewer emails"),
    DelayReason.CAP: gettext_lazy("the automation's weekly limit"),
    DelayReason.NO_MAIL_HOURS: gettext_lazy("the automation's no-mail hours"),
}
ARM = "arm_"
"""Before the key of a split in the URL: the number of the arm to follow."""
_LOCAL = "%Y-%m-%dT%H:%M"


class RehearsalForm(forms.Form):
    address = forms.EmailField(
        label=gettext_lazy("Contact's email address"),
        required=False,
        max_length=254,
        help_text=gettext_lazy("Leave it empty to try it with an example person."),
    )
    at = forms.DateTimeField(
        label=gettext_lazy("Enters on"),
        widget=forms.DateTimeInput({"type": "datetime-local"}, format=_LOCAL),
        input_formats=[_LOCAL],
    )
    zone = TimeZoneField(label=gettext_lazy("Time zone of the example person"), required=False)

    def __init__(self, data: QueryDict | None, home: str) -> None:
        now = timezone.localtime(clock.now()).strftime(_LOCAL)
        values = data.copy() if data is not None else QueryDict(mutable=True)
        values.setdefault("at", now)
        super().__init__(values)
        self.fields["zone"].choices = [("", home), *zone_choices(None)]  # type: ignore[attr-defined]

    def clean_address(self) -> int | None:
        """Return the id of the contact; None for an example person."""
        address = self.cleaned_data["address"]
        contact_id = contact_by_address(address) if address else None
        if address and contact_id is None:
            raise forms.ValidationError(_("No contact has this address."))
        return contact_id

    def clean_at(self) -> datetime:
        moment: datetime = self.cleaned_data["at"]
        if not 2000 <= moment.year <= 2200:
            raise forms.ValidationError(_("Enter a date between 2000 and 2200."))
        return moment


@studio("GET automations/<int:automation_id>/test/", "automation_test", Permission.VIEW)
def rehearsal(request: StudioRequest, automation_id: int) -> HttpResponse:
    automation = find_automation(automation_id)
    versions = versions_of(automation_id)
    version = versions.draft or versions.current
    context: dict[str, Any] = {"automation": automation, "shown": version}
    if version is None:
        return page(request, "studio/automations/rehearsal.html", context)
    version.automation = automation
    context["is_open"] = version.state == VersionState.DRAFT and bool(problems_of(version))
    form = RehearsalForm(request.GET, request.account.time_zone)
    graph = graph_of(version)
    inputs, attributes = _example_fields(graph, request.GET)
    context |= {"form": form, "inputs": inputs}
    if not context["is_open"] and form.is_valid():
        example = ExamplePerson(attributes | ({"time_zone": zone} if (zone := form.cleaned_data["zone"]) else {}))
        context |= _rehearsed(request, automation, version, form, example)
    return page(request, "studio/automations/rehearsal.html", context)


def _rehearsed(
    request: StudioRequest,
    automation: Automation,
    version: AutomationVersion,
    form: RehearsalForm,
    example: ExamplePerson,
) -> dict[str, Any]:
    contact_id = form.cleaned_data["address"]
    contact = Contact.objects.get(id=contact_id) if contact_id is not None else None
    arms = {name.removeprefix(ARM): whole_number(request.GET.get(name)) for name in request.GET if name.startswith(ARM)}
    outcome = rehearse_version(version, contact or example, form.cleaned_data["at"], arms)
    flow = flow_of(version, automation.mailing_list.name)
    return {
        "contact": contact,
        "result": outcome,
        "obstacle": OBSTACLES[outcome.obstacle] if outcome.obstacle is not None else "",
        "rows": list(_rows(outcome, flow, request)),
        "end": _end(outcome),
        "message_count": len(outcome.rehearsal.messages),
        "unknowns": list(_unknowns(outcome, is_example=contact is None)),
    }


def _rows(outcome: RehearsalResult, flow: Flow, request: StudioRequest) -> Iterator[dict[str, Any]]:
    zone = ZoneInfo(outcome.zone)
    for rehearsed_step in outcome.rehearsal.steps:
        row = flow.row(rehearsed_step.step.key)
        if row is None:
            continue
        is_elsewhere = (
            rehearsed_step.at.astimezone(zone).utcoffset() != timezone.localtime(rehearsed_step.at).utcoffset()
        )
        yield {
            "row": row,
            "at": rehearsed_step.at,
            "is_elsewhere": is_elsewhere,
            "details": list(_details(rehearsed_step, row)),
            "is_message": rehearsed_step.step.kind == Send.kind and not rehearsed_step.is_skipped,
            "arms": _arm_links(rehearsed_step, row, request) if rehearsed_step.step.kind == Split.kind else (),
        }


def _details(rehearsed_step: RehearsedStep, row: FlowRow) -> Iterator[str]:
    if rehearsed_step.is_skipped:
        yield _("Skipped: the goal is reached.")
    elif row.arms:
        yield _("Takes: %(arm)s") % {"arm": row.arms[rehearsed_step.target].label}
    reasons = dict.fromkeys(str(DELAYS[delay.reason]) for delay in rehearsed_step.delays)
    if reasons:
        yield _("Later because of: %(reasons)s") % {"reasons": ", ".join(reasons)}


def _arm_links(rehearsed_step: RehearsedStep, row: FlowRow, request: StudioRequest) -> list[tuple[str, str]]:
    links = []
    for number, arm in enumerate(row.arms):
        if number != rehearsed_step.target:
            query = request.GET.copy()
            query[f"{ARM}{row.key}"] = str(number)
            links.append((arm.label, f"?{query.urlencode()}"))
    return links


def _end(outcome: RehearsalResult) -> str:
    match outcome.rehearsal.end:
        case RehearsalEnd.GOAL:
            return _("Leaves: the goal is reached.")
        case RehearsalEnd.NO_DATE:
            return _("Leaves: %(why)s") % {"why": leaving_label("no_date")}
        case RehearsalEnd.FINISHED:
            return _("Finished")


def _unknowns(outcome: RehearsalResult, *, is_example: bool) -> Iterator[str]:
    kinds = {rehearsed_step.step.kind for rehearsed_step in outcome.rehearsal.steps}
    if outcome.rehearsal.messages:
        yield _("Each message is checked again before it is sent, and sent as fast as your sending speed allows.")
    if Branch.kind in kinds and not is_example:
        yield _("Branches use the contact's data of today. It may change on the way.")
    if Split.kind in kinds:
        yield _("A split is decided at random for each person. We follow its largest arm unless you choose another.")
    waits = (
        rehearsed_step.step.parameters.get("kind")
        for rehearsed_step in outcome.rehearsal.steps
        if rehearsed_step.step.kind == Wait.kind
    )
    if WaitKind.EVENT in waits:
        yield _("We assume that the events it waits for don't happen.")
    if outcome.wording:
        yield _("How often they get messages follows from the wording at sign-up: “%(wording)s”") % {
            "wording": outcome.wording
        }
    yield _("Unsubscribing or a bounce ends it at once.")


def _example_fields(graph: Graph, asked: QueryDict) -> tuple[list[FilledInput], dict[str, Any]]:
    keys = set(_field_keys(graph))
    contact_fields: list[ContactField] = [field for field in fields() if field.key in keys]
    typed = posted_values(asked, {})
    inputs, values = [], {}
    for field in contact_fields:
        problem = ""
        try:
            value = normalize_value(field.definition, typed.get(field.key))
        except UnreadableValue as error:
            value, problem = None, fault_words(error.fault)
        if value is not None:
            values[field.key] = value
        inputs.append(contact_input(field, typed.get(field.key), problem))
    return inputs, values


def _field_keys(graph: Graph) -> Iterator[str]:
    for step in graph.all_steps():
        if isinstance(step, Wait) and step.field_key:
            yield step.field_key
        if isinstance(step, Branch):
            yield from _keys_in(step.condition)
    if graph.goal is not None:
        yield from _keys_in(graph.goal.condition)


def _keys_in(condition: Any) -> Iterator[str]:
    """Yield the fields that a condition asks about; the reader of graphs has bounded its size."""
    if isinstance(condition, Mapping):
        if condition.get("field") == "attribute" and isinstance(condition.get("key"), str):
            yield condition["key"]
        for value in condition.values():
            yield from _keys_in(value)
    elif isinstance(condition, list):
        for part in condition:
            yield from _keys_in(part)
